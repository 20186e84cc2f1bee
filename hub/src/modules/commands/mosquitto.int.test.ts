/** Several hubs on one database and one broker of the operator's, which goes away in between. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findFreePort } from '../../platform/database/free-port.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { telemetryModule } from '../telemetry/index.ts'
import { createProject, startTestGateway, type TestGateway } from '../telemetry/testing.ts'
import { commandsModule } from './index.ts'

/** Debian puts it where only root's path looks. */
const program = ['mosquitto', '/usr/sbin/mosquitto'].find(
  (name) => spawnSync(name, ['-h']).error === undefined,
)
if (!program && process.env['CI']) throw new Error('Mosquitto is missing')

const label = { zh: '门', en: 'Door' }

describe.skipIf(!program)('with Mosquitto', () => {
  let folder: string
  let port: number
  let mosquitto: ChildProcess
  let keeper: TestHub
  /** People talk to the first; the others take messages in and send. */
  const hubs: TestHub[] = []
  let engineer: TestClient
  let gateway: TestGateway
  let deviceId: string

  const startBroker = () => {
    mosquitto = spawn(program!, ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore' })
  }
  const stopBroker = async () => {
    const ended = once(mosquitto, 'exit')
    mosquitto.kill('SIGKILL')
    await ended
  }
  const isConnected = () => hubs.map(({ hub }) => hub.broker.state().ok)
  const connected = () => vi.waitFor(() => expect(isConnected()).not.toContain(false), { timeout: 15_000 })

  async function startOne(roles: string): Promise<void> {
    const environment = {
      DATABASE_URL: keeper.hub.db.url,
      MQTT_URL: `mqtt://127.0.0.1:${port}`,
      COURTYARD_ROLES: roles,
      COURTYARD_DATA: keeper.folder,
    }
    hubs.push(await startTestHub({ modules: [commandsModule, telemetryModule, gatewaysModule], environment }))
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'courtyard-mosquitto-'))
    port = await findFreePort()
    writeFileSync(join(folder, 'mosquitto.conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\n`)
    startBroker()
    keeper = await startTestHub({ modules: [] })
    for (const roles of ['api,worker', 'api,ingest', 'api,ingest']) await startOne(roles)
    await connected()
    engineer = await hubs[0]!.as('engineer')
    gateway = await startTestGateway(hubs[0]!, engineer, await createProject(hubs[0]!))
    const commands = [{ key: 'door1', kind: 'door', label, confirms: false }] as const
    await gateway.sendCatalogue([{ key: 'gate', points: [], commands }])
    deviceId = (await engineer.call('GET /api/devices', { query: { gatewayId: gateway.id } }))[0]!.id
  })
  afterAll(async () => {
    await gateway?.stop()
    for (const one of hubs.toReversed()) await one.stop()
    await keeper?.stop()
    mosquitto?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const open = () =>
    engineer.call('POST /api/devices/:id/commands', {
      params: { id: deviceId },
      body: { id: randomUUID(), target: 'door1', body: { kind: 'door', action: 'open' }, reason: 'visitor' },
    })
  const look = (id: string) => engineer.call('GET /api/commands/:id', { params: { id } })
  const stateBecomes = (id: string, state: string) =>
    expect.poll(async () => (await look(id)).state, { timeout: 10_000 }).toBe(state)

  it('a command asked for in one process is sent once by another, and its outcome comes back', async () => {
    for (let i = 0; i < 5; i++) {
      const { id } = await open()
      await gateway.until(() => gateway.timesOf(id) > 0)
      await gateway.report(id, 'executing')
      await gateway.report(id, 'acknowledged')
      await gateway.until(() => gateway.acks.some((ack) => ack.commands?.includes(id)))
      await stateBecomes(id, 'acknowledged')
      expect(gateway.timesOf(id)).toBe(1)
    }
  })

  it('nothing is sent while the broker is away, and nothing comes late and twice afterwards', async () => {
    await gateway.stop()
    await stopBroker()
    await expect.poll(isConnected, { timeout: 15_000 }).not.toContain(true)
    const { id } = await open()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect((await look(id)).state).toBe('queued')
    startBroker()
    await connected()
    await gateway.connect()
    await gateway.until(() => gateway.timesOf(id) > 0)
    await gateway.report(id, 'confirmed')
    await stateBecomes(id, 'confirmed')
    expect(gateway.timesOf(id)).toBe(1)
  })
})

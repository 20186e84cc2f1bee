/** Configuration and requests from the hub, to an agent that runs as a process between simulator and broker. */
import { randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  ConfigReport,
  requestResults,
  ResponseMessage,
  SchemaMessage,
  type GatewayRequest,
  type ManagedConfig,
} from '@courtyard/protocols/contract'
import { AgentProcess, runCommand, writeSite } from '../testing/agent-process.ts'
import { HubPeer } from '../testing/hub-peer.ts'
import { SimulatorProcess, type SimulatedMeter } from '../testing/simulator-process.ts'

vi.setConfig({ testTimeout: 90_000 })

let simulator: SimulatorProcess
let meters: SimulatedMeter[]
let folder: string
let hub: HubPeer
let agent: AgentProcess | null = null

beforeAll(async () => {
  simulator = await SimulatorProcess.start()
  meters = (await simulator.meters()).filter((meter) => meter.endpoint === 'b1-electricity').slice(0, 3)
})
afterAll(() => simulator.stop())
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-fleet-'))
  hub = await HubPeer.start()
})
afterEach(async () => {
  await agent?.end('SIGKILL')
  agent = null
  await hub.stop()
  rmSync(folder, { recursive: true })
})

const until = (condition: () => unknown, timeout = 30_000) =>
  expect.poll(condition, { timeout, interval: 25 }).toBeTruthy()
const reports = () => hub.received<unknown>('config').map((report) => ConfigReport.parse(report))
const reported = (state: ConfigReport['state'], revision: string | null) =>
  reports().findLast((report) => report.state === state && report.revision === revision)
const dataDir = () => join(folder, 'edge')

/** A site file with or without meters; what it says about them. */
function site(given: readonly SimulatedMeter[] = []): string {
  return writeSite({
    folder,
    meters: given,
    hubUrl: `http://127.0.0.1:${hub.httpPort}`,
    enrolmentToken: hub.token,
  })
}
function managed(given: readonly SimulatedMeter[] = meters): ManagedConfig {
  const file = writeSite({
    folder: mkdtempSync(join(tmpdir(), 'courtyard-managed-')),
    meters: given,
    hubUrl: 'http://127.0.0.1:1',
  })
  const { buses, devices, outbox } = parse(readFileSync(file, 'utf8')) as ManagedConfig
  return { buses, devices, outbox: outbox! }
}
async function start(config: string): Promise<AgentProcess> {
  agent = await AgentProcess.start(config)
  await until(() => hub.presence?.online)
  return agent
}
async function send(config: ManagedConfig, revision: string = randomUUID()): Promise<string> {
  await hub.sendDown('configDown', { revision, config })
  return revision
}
async function ask<K extends GatewayRequest['kind']>(
  request: Extract<GatewayRequest, { kind: K }> | Record<string, unknown>,
) {
  const id = randomUUID()
  await hub.sendDown('requestDown', { id, request })
  const answer = () => hub.received<{ id: string }>('response').find((response) => response.id === id)
  await until(answer)
  return ResponseMessage.parse(answer())
}

describe('configuration', () => {
  test('a fresh box tells its schema, takes a configuration, reads its meters and keeps it over a restart', async () => {
    const file = site()
    const running = await start(file)
    const schema = SchemaMessage.parse(hub.received('schema').at(-1))
    const modbus = schema.drivers.find(({ id }) => id === 'modbus')!
    expect(modbus.profiles.map(({ id }) => id)).toContain('eastron-sdm630')
    expect(modbus.bus).toMatchObject({
      properties: { timeoutMs: { default: 1000, description: expect.any(String) as string } },
    })
    expect(schema.device).toMatchObject({
      required: expect.arrayContaining(['key', 'name', 'bus', 'profile']) as string[],
    })
    await until(() => reported('running', null))
    const revision = await send(managed())
    await until(() => hub.readings().length > 50)
    await until(() => reported('running', revision))
    expect((await running.state()).configRevision).toBe(revision)
    expect(statSync(join(dataDir(), `config-${revision}.json`)).mode & 0o777).toBe(0o600)
    await running.end('SIGKILL')
    const again = await start(file)
    expect((await again.state()).configRevision).toBe(revision)
    await until(() => reports().filter((report) => report.revision === revision).length > 1)
    expect(runCommand(['check', '--config', file]).out).toContain(
      `The configuration of the hub runs, revision ${revision}: 1 buses, 3 devices`,
    )
  })

  test('what does not pass is refused with every path, and what runs stays', async () => {
    const running = await start(site(meters))
    await until(() => hub.readings().length > 10)
    const bad = managed()
    bad.buses[0]!['timeoutMs'] = 'soon'
    bad.devices[1]!['profile'] = 'no-such-profile'
    bad.devices[2]!['address'] = { unitId: 4711 }
    const revision = await send(bad)
    await until(() => reported('refused', revision))
    const paths = reported('refused', revision)!.issues.map((issue) => issue.path)
    expect(paths).toEqual(
      expect.arrayContaining(['buses[0].timeoutMs', 'devices[1].profile', 'devices[2].address.unitId']),
    )
    expect((await running.state()).configRevision).toBeNull()
    expect(existsSync(join(dataDir(), 'config-pointer.json'))).toBe(false)
    const before = hub.readings().length
    await until(() => hub.readings().length > before + 10)
    expect((await ask<'validate'>({ kind: 'validate', config: bad })).result).toMatchObject({
      issues: expect.arrayContaining([
        { path: 'buses[0].timeoutMs', reason: expect.any(String) as string },
      ]) as object[],
    })
    const garbage = randomUUID()
    await hub.sendDown('configDown', { revision: garbage, config: { buses: 'none' } })
    await until(() => reported('refused', garbage))
  })

  test('a newer configuration takes over; the file has no effect any more, until local-config', async () => {
    const file = site(meters.slice(0, 1))
    const running = await start(file)
    await until(() => reported('running', null))
    expect(reported('running', null)!.config!.devices).toHaveLength(1)
    await send(managed(meters.slice(0, 2)))
    await until(() => hub.catalogue?.devices.length === 2)
    const second = await send(managed())
    await until(() => hub.catalogue?.devices.length === 3)
    site([])
    running.signal('SIGHUP')
    await until(() => running.log.some((line) => /configuration of the hub runs/.test(line)))
    expect((await running.state()).configRevision).toBe(second)
    await until(() => reported('running', second))
    expect(readdirSync(dataDir()).filter((name) => name.startsWith('config-'))).toHaveLength(3)
    expect(runCommand(['local-config', '--config', file])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/another agent runs/) as string,
    })
    await running.end('SIGTERM')
    expect(runCommand(['local-config', '--config', file]).out).toContain(`in place of revision ${second}`)
    expect(readdirSync(dataDir()).filter((name) => name.startsWith('config-'))).toEqual([])
    expect((await (await start(file)).state()).configRevision).toBeNull()
  })

  test('a configuration on trial that was found at two starts is rolled back at the third', async () => {
    const file = site(meters.slice(0, 1))
    const running = await start(file)
    const good = await send(managed(meters.slice(0, 2)))
    await until(() => reported('running', good))
    const bad = await send(managed())
    await until(() => existsSync(join(dataDir(), `config-${bad}.json`)))
    await running.end('SIGKILL')
    for (let crash = 0; crash < 2; crash++) {
      const trying = await AgentProcess.start(file)
      expect((await trying.state()).configRevision).toBe(bad)
      await trying.end('SIGKILL')
    }
    const back = await start(file)
    expect((await back.state()).configRevision).toBe(good)
    await until(() => reported('rolledBack', bad))
    expect(reported('rolledBack', bad)!.issues[0]!.reason).toMatch(/did not come up/)
    await until(() => reported('running', good))
    // The hub has not heard of it yet and sends it again: no second trial.
    await send(managed(), bad)
    await until(() => reports().filter((report) => report.state === 'rolledBack').length > 1)
    expect((await back.state()).configRevision).toBe(good)
  })

  test('kill -9 at any moment of a change: the old one or the new one runs, whole', async () => {
    const file = site()
    const sizes = new Map<string | null, number>([[null, 0]])
    for (let round = 0; round < 4; round++) {
      const running = await start(file)
      const count = 1 + (round % 3)
      const revision = randomUUID()
      sizes.set(revision, count)
      void send(managed(meters.slice(0, count)), revision)
      await new Promise((resolve) => setTimeout(resolve, round * 12))
      await running.end('SIGKILL')
      hub.presence = null
      const state = await (await start(file)).state()
      expect(sizes.has(state.configRevision)).toBe(true)
      expect(state.buses.flatMap((bus) => bus.devices)).toHaveLength(sizes.get(state.configRevision)!)
      await agent!.end('SIGKILL')
      hub.presence = null
      // Each round begins with a settled configuration.
      rmSync(join(dataDir(), 'config-pointer.json'), { force: true })
    }
  })
})

describe('requests', () => {
  test('probe reads in the queue of the bus; scan and log answer; what is not there says so', async () => {
    const running = await start(site(meters))
    await until(() => hub.readings().length > 10)
    const probe = requestResults.probe.parse(
      (await ask<'probe'>({ kind: 'probe', device: meters[0]!.key })).result,
    )
    expect(probe).toMatchObject({ message: null, latencyMs: expect.any(Number) as number })
    const energy = probe.points.find((point) => point.point === 'energyImport')!
    expect(energy).toMatchObject({
      unit: 'kWh',
      quality: 0,
      value: expect.stringMatching(/^\d+\.\d+$/) as string,
    })
    expect((await ask({ kind: 'probe', device: 'nobody' })).error).toMatchObject({ code: 'edge.not_here' })
    expect((await ask({ kind: 'scan', bus: 'nothing' })).error).toMatchObject({ code: 'edge.not_here' })
    expect((await ask({ kind: 'dance' })).error).toMatchObject({ code: 'edge.request_failed' })
    const { lines } = requestResults.log.parse(
      (await ask<'log'>({ kind: 'log', lines: 200, level: 'info' })).result,
    )
    expect(lines.map((line) => line.message)).toContain('connected to the hub')
    expect(lines.every((line) => line.atMs > 1_700_000_000_000 && line.level !== 'debug')).toBe(true)
    const secrets = [
      hub.token,
      (JSON.parse(readFileSync(join(dataDir(), 'credentials.json'), 'utf8')) as { password: string })
        .password,
    ]
    for (const secret of secrets) expect(JSON.stringify(lines)).not.toContain(secret)
    expect((await running.state()).buses[0]!.missedDeadlines).toBeLessThan(50)
  })

  test('pictures by their key, and nothing else of the disk', async () => {
    const pictures = join(dataDir(), 'drivers', 'lane1', 'pictures')
    mkdirSync(pictures, { recursive: true })
    const jpeg = Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xe0), Buffer.alloc(1_000, 7)])
    writeFileSync(join(pictures, 'a1b2c3.jpg'), jpeg)
    writeFileSync(join(pictures, 'large.jpg'), Buffer.concat([jpeg, Buffer.alloc(600_000)]))
    writeFileSync(join(pictures, 'words.jpg'), 'password: geheim')
    symlinkSync('/etc/hostname', join(pictures, 'link.jpg'))
    await start(site())
    for (const key of ['a1b2c3.jpg', 'a1b2c3']) {
      const { result } = await ask<'picture'>({ kind: 'picture', key })
      expect(requestResults.picture.parse(result)).toEqual({
        contentType: 'image/jpeg',
        base64: jpeg.toString('base64'),
      })
    }
    for (const key of [
      '../../credentials.json',
      '/etc/passwd',
      'credentials.json',
      'link.jpg',
      'pictures',
      '..',
      'a1b2c3.jpg\u0000',
    ]) {
      expect((await ask({ kind: 'picture', key })).error, key).toMatchObject({ code: 'edge.not_here' })
    }
    for (const key of ['large.jpg', 'words.jpg']) {
      expect((await ask({ kind: 'picture', key })).error, key).toMatchObject({ code: 'edge.request_failed' })
    }
  })
})

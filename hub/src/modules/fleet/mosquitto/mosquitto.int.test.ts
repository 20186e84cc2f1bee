import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { topics, type EnrolResponse } from '@courtyard/protocols/contract'
import { findFreePort } from '../../../platform/database/free-port.ts'
import { makeRequest } from '../../../platform/security/testing.ts'
import { startTestHub, type TestClient, type TestHub } from '../../../platform/testing.ts'
import { gatewaysModule } from '../../gateways/index.ts'
import { telemetryModule } from '../../telemetry/index.ts'
import { catalogueOf, createProject } from '../../telemetry/testing.ts'
import { fleetModule, writeMosquittoFiles } from '../index.ts'

/** Debian puts it where only root's path looks. */
const program = ['mosquitto', '/usr/sbin/mosquitto'].find(
  (name) => spawnSync(name, ['-h']).error === undefined,
)

interface Member extends EnrolResponse {
  readonly privateKey: string
}

describe.skipIf(!program && !process.env.CI)('a Mosquitto with the files of the hub', () => {
  let hub: TestHub
  let engineer: TestClient
  let projectId: string
  let folder: string
  let mosquitto: ChildProcess
  const clients: MqttClient[] = []

  async function startMosquitto(): Promise<void> {
    mosquitto = spawn(program!, ['-c', join(folder, 'mosquitto.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    mosquitto.stderr!.resume()
    await untilReached()
  }

  async function stopMosquitto(): Promise<void> {
    const stopped = once(mosquitto, 'exit')
    mosquitto.kill('SIGTERM')
    await stopped
    await expect.poll(() => hub.hub.broker.state().ok).toBe(false)
  }

  async function untilReached(): Promise<void> {
    const deadline = Date.now() + 15_000
    while (!hub.hub.broker.state().ok) {
      if (Date.now() > deadline) throw new Error('the hub does not reach Mosquitto')
      await sleep(50)
    }
  }

  async function enrol(): Promise<Member> {
    const body = { projectId, name: randomUUID() }
    const { token } = await engineer.call('POST /api/gateways', { body })
    const { csr, privateKey } = await makeRequest()
    const answer = await hub.anonymous.call('POST /api/edge/enrol', {
      body: { token, agentVersion: '1', csr },
    })
    return { ...answer, privateKey }
  }

  async function connect({ tls, privateKey }: Member, showCertificate = true): Promise<MqttClient> {
    const client = mqtt.connect(tls!.mqttUrl, {
      ca: tls!.ca,
      ...(showCertificate ? { cert: tls!.certificate, key: privateKey } : {}),
      reconnectPeriod: 0,
      connectTimeout: 5_000,
      protocolVersion: 4,
    })
    clients.push(client)
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.on('error', reject)
      client.once('close', () => reject(new Error('closed')))
    })
    return client
  }

  /** Resolves when the hub has written it into the list; Mosquitto doesn't know yet. */
  async function revoke({ gatewayId }: Member): Promise<void> {
    const before = readFileSync(join(folder, 'crl.pem'), 'utf8')
    await engineer.call('POST /api/gateways/:id/certificate/revoke', { params: { id: gatewayId } })
    await expect
      .poll(() => readFileSync(join(folder, 'crl.pem'), 'utf8') !== before, { timeout: 10_000 })
      .toBe(true)
  }

  async function stateOf({ gatewayId }: Member) {
    return (await engineer.call('GET /api/gateways')).find(({ id }) => id === gatewayId)?.state
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'courtyard-mosquitto-tls-'))
    const url = `mqtts://localhost:${await findFreePort()}`
    hub = await startTestHub({
      modules: [fleetModule, telemetryModule, gatewaysModule],
      environment: { MQTT_URL: url, MOSQUITTO_FILES: folder, LOG_LEVEL: 'fatal' },
    })
    engineer = await hub.as('engineer')
    projectId = await createProject(hub)
    // As root it would become a user that can't read the folder
    if (process.getuid?.() === 0) appendFileSync(join(folder, 'mosquitto.conf'), 'user root\n')
    await startMosquitto()
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)))
  })
  afterAll(async () => {
    await hub?.stop()
    mosquitto?.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  it('takes messages of a gateway to the hub, and back', async () => {
    const member = await enrol()
    const client = await connect(member)
    const heard: string[] = []
    client.on('message', (topic) => heard.push(topic))
    await client.subscribeAsync(topics.ack(member.gatewayId), { qos: 1 })
    await client.publishAsync(topics.presence(member.gatewayId), '{"v":1,"online":true}', { qos: 1 })
    await client.publishAsync(topics.catalogue(member.gatewayId), JSON.stringify(catalogueOf([])), { qos: 1 })
    await expect.poll(() => heard).toEqual([topics.ack(member.gatewayId)])
    await expect.poll(() => stateOf(member)).toBe('online')
  })

  it('keeps gateways apart', async () => {
    const [member, other] = [await enrol(), await enrol()]
    const [one, two] = [await connect(member), await connect(other)]
    const heard: string[] = []
    two.on('message', (topic) => heard.push(topic))
    // Mosquitto looks at what is delivered, not at what is asked for
    await two
      .subscribeAsync(['#', topics.ack(member.gatewayId), topics.batch('+')], { qos: 1 })
      .catch(() => undefined)
    await two.subscribeAsync(topics.ack(other.gatewayId), { qos: 1 })
    await two.publishAsync(topics.presence(member.gatewayId), '{"v":1,"online":true}', { qos: 1 })
    await one.publishAsync(topics.ack(other.gatewayId), 'forged', { qos: 1 })
    await one.publishAsync(topics.catalogue(member.gatewayId), JSON.stringify(catalogueOf([])), { qos: 1 })
    await two.publishAsync(topics.catalogue(other.gatewayId), JSON.stringify(catalogueOf([])), { qos: 1 })
    await expect.poll(() => heard.length).toBeGreaterThan(0)
    await sleep(300)
    expect(heard).toEqual([topics.ack(other.gatewayId)])
    expect(await stateOf(member)).toBe('offline')
  })

  it('lets nobody in without a certificate', async () => {
    await expect(connect(await enrol(), false)).rejects.toThrow()
  })

  it('keeps a revoked gateway out after SIGHUP; what is connected stays', async () => {
    const [member, other] = [await enrol(), await enrol()]
    const [session, neighbour] = [await connect(member), await connect(other)]
    await revoke(member)
    await (await connect(member)).endAsync(true)
    mosquitto.kill('SIGHUP')
    await expect
      .poll(
        () =>
          connect(member).then(
            () => 'in',
            () => 'out',
          ),
        { timeout: 10_000, interval: 200 },
      )
      .toBe('out')
    expect([session.connected, neighbour.connected]).toEqual([true, true])
    await connect(other)
    await connect(await enrol())
  }, 40_000)

  it('ends the session of a revoked gateway under run.sh, which starts it anew for that and for nothing else', async () => {
    await stopMosquitto()
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
    const script = join(import.meta.dirname, '../../../../../deploy/mosquitto/run.sh')
    mosquitto = spawn('sh', [script, folder, '0.2'], { stdio: ['ignore', 'ignore', 'pipe'], env })
    const said: string[] = []
    mosquitto.stderr!.on('data', (text: Buffer) => said.push(text.toString()))
    await untilReached()
    const [member, other] = [await enrol(), await enrol()]
    const [session, neighbour] = [await connect(member), await connect(other)]
    // As every day: another list, in which nobody is new
    await writeMosquittoFiles(hub.hub, { folder })
    await expect.poll(() => said.join('')).toContain('reading them')
    expect([session.connected, neighbour.connected]).toEqual([true, true])
    await revoke(member)
    await expect.poll(() => session.connected, { timeout: 5_000 }).toBe(false)
    expect(said.join('')).toContain('starting anew')
    await untilReached()
    await expect(connect(member)).rejects.toThrow()
    await connect(other)
    await stopMosquitto()
    await startMosquitto()
  }, 40_000)

  it('has keys that only the owner reads, and a configuration that is left as the operator makes it', () => {
    for (const name of ['server.key', 'hub.key'])
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    expect(existsSync(join(folder, 'server.key.new'))).toBe(false)
    expect(readFileSync(join(folder, 'mosquitto.conf'), 'utf8')).toContain('require_certificate true')
  })
})

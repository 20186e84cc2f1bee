import { randomUUID } from 'node:crypto'
import { connect, connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { topics, type StatusMessage } from '@courtyard/protocols/contract'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { subscribeForTest, toldEvents } from '../../platform/webhooks/testing.ts'
import { manualClock } from '../../platform/clock.ts'
import { telemetryModule } from '../telemetry/index.ts'
import {
  catalogueOf,
  createProject,
  readingsOf,
  startTestGateway,
  TestGateway,
} from '../telemetry/testing.ts'
import { gatewaysModule, onCatalogueStored } from './index.ts'
import { PresenceService, SILENCE_MS } from './presence.service.ts'

let hub: TestHub
let engineer: TestClient
let projectId: string
let gateway: TestGateway
const gateways: TestGateway[] = []

async function newGateway(): Promise<TestGateway> {
  const made = await startTestGateway(hub, engineer, projectId)
  gateways.push(made)
  return made
}

beforeAll(async () => {
  hub = await startTestHub({ modules: [telemetryModule, gatewaysModule] })
  engineer = await hub.as('engineer')
  projectId = await createProject(hub)
  gateway = await newGateway()
})
afterAll(async () => {
  await Promise.all(gateways.map((one) => one.stop()))
  await hub?.stop()
})

function closing({ mqtt }: TestGateway): Promise<void> {
  return new Promise((resolve) => mqtt.once('close', () => resolve()))
}

async function stateOf(id: string) {
  return (await engineer.call('GET /api/gateways')).find((one) => one.id === id)
}

describe('enrolment', () => {
  const register = async (name = randomUUID()) =>
    engineer.call('POST /api/gateways', { body: { projectId, name } })
  const enrol = (token: string) =>
    hub.anonymous.call('POST /api/edge/enrol', { body: { token, agentVersion: '1' } })

  it('gives an identity for a token, once', async () => {
    const { token, gateway: made } = await register()
    expect(made.state).toBe('awaitingEnrolment')
    const tries = await Promise.allSettled([enrol(token), enrol(token), enrol(token)])
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(enrol(token)).rejects.toMatchObject({
      code: 'gateway.token_refused',
      details: { status: 401 },
    })
    expect((await stateOf(made.id))?.state).toBe('offline')
  })

  it('refuses an old token', async () => {
    const { token, gateway: made } = await register()
    await hub.hub.db.prisma.gateway.update({
      where: { id: made.id },
      data: { enrolTokenExpiresAt: new Date() },
    })
    await expect(enrol(token)).rejects.toMatchObject({ code: 'gateway.token_refused' })
  })

  it('keeps neither token nor password', async () => {
    const { token, gateway: made } = await register()
    const { password } = await enrol(token)
    const { rows } = await hub.hub.db.pool.query<{ text: string }>(
      `select g::text || (select string_agg(a::text, ' ') from audit_entry a) as text from gateway g where id = $1`,
      [made.id],
    )
    expect(rows[0]!.text).not.toContain(token)
    expect(rows[0]!.text).not.toContain(password)
    expect(rows[0]!.text).toContain('gateway.enrol')
  })

  it('refuses a name that is taken, and projects of others', async () => {
    const name = randomUUID()
    await register(name)
    await expect(register(name)).rejects.toMatchObject({ code: 'gateway.name_taken' })
    const stranger = await hub.as('engineer', [await createProject(hub)])
    await expect(
      stranger.call('POST /api/gateways', { body: { projectId, name: 'x' } }),
    ).rejects.toMatchObject({ code: 'project.not_found' })
    await expect(
      stranger.call('POST /api/gateways/:id/revoke', { params: { id: gateway.id } }),
    ).rejects.toMatchObject({ code: 'gateway.not_found' })
    expect(await stranger.call('GET /api/gateways')).toEqual([])
    expect(await stranger.call('GET /api/devices')).toEqual([])
  })

  it('ends the former credentials when a new token is used', async () => {
    const old = await newGateway()
    const { token } = await engineer.call('POST /api/gateways/:id/token', { params: { id: old.id } })
    expect((await stateOf(old.id))?.state).toBe('online')
    const closed = closing(old)
    const renewed = new TestGateway(await enrol(token))
    await closed
    await expect(old.connect()).rejects.toThrow()
    gateways.push(renewed)
    await renewed.connect()
  })
})

describe('the broker', () => {
  it('lets nobody in with a wrong password', async () => {
    const url = hub.hub.broker.publicUrl.replace('localhost', '127.0.0.1')
    for (const login of [
      { username: gateway.id, password: 'wrong' },
      { username: randomUUID(), password: gateway.password },
      {},
    ]) {
      await expect(connectAsync(url, { ...login, reconnectPeriod: 0 })).rejects.toThrow()
    }
  })

  it('ends the connection of a gateway that speaks as another one, and stores nothing', async () => {
    const thief = await newGateway()
    const victim = await newGateway()
    await victim.sendCatalogue([{ key: 'm1', points: [{ key: 'energy' }] }])
    const closed = closing(thief)
    const bytes = victim.batch(readingsOf('m1/energy', [[Date.now(), 1]]))
    thief.mqtt.publish(topics.batch(victim.id), Buffer.from(bytes), { qos: 1 })
    await closed
    const { rowCount } = await hub.hub.db.pool.query('select from reading_batch where gateway_id = $1', [
      victim.id,
    ])
    expect(rowCount).toBe(0)
  })

  it.each(['#', '+/1/+/down/ack', 'courtyard/1/+/down/ack', '$share/x/courtyard/1/+/down/ack'])(
    'refuses a subscription to %s',
    async (filter) => {
      const granted = await gateway.mqtt.subscribeAsync(filter, { qos: 1 }).catch(() => [{ qos: 128 }])
      expect(granted.every(({ qos }) => qos === 128)).toBe(true)
    },
  )

  it('throws a revoked gateway out, and keeps it out', async () => {
    const { pool } = hub.hub.db
    await subscribeForTest(pool, ['gateway.offline'])
    const gone = await newGateway()
    await gone.sendCatalogue([])
    const closed = closing(gone)
    const answer = await engineer.call('POST /api/gateways/:id/revoke', { params: { id: gone.id } })
    expect(answer.state).toBe('revoked')
    await closed
    await expect(gone.connect()).rejects.toThrow()
    await engineer.call('POST /api/gateways/:id/revoke', { params: { id: gone.id } })
    const told = (await toldEvents(pool, 'gateway.offline')).filter(
      ({ data }) => data['gatewayId'] === gone.id,
    )
    expect(told).toHaveLength(1)
  })
})

describe('the catalogue', () => {
  const devices = async () => engineer.call('GET /api/devices', { query: { gatewayId: gateway.id } })

  it('adds, changes, removes and brings back', async () => {
    const a = { key: 'a', serial: 'S1', points: [{ key: 'energy' }, { key: 'power', unit: 'kW' }] }
    const b = { key: 'b', points: [{ key: 'energy' }] }
    await gateway.sendCatalogue([a, b])
    const [first] = await devices()
    expect(first).toMatchObject({ key: 'a', serial: 'S1', state: 'unknown', removed: false })
    await gateway.sendCatalogue([{ ...b, points: [{ key: 'energy', unit: 'Wh' }] }])
    expect((await devices()).map(({ key, removed }) => [key, removed])).toEqual([
      ['b', false],
      ['a', true],
    ])
    await gateway.sendCatalogue([{ ...a, points: [{ key: 'power', unit: 'kW' }] }])
    const detail = await engineer.call('GET /api/devices/:id', { params: { id: first!.id } })
    expect(detail.removed).toBe(false)
    expect(detail.points.map(({ key, unit }) => [key, unit])).toEqual([['power', 'kW']])
  })

  it('is refused as a whole when it would give stored readings another meaning', async () => {
    const c = { key: 'c', points: [{ key: 'energy', scale: 2 }] }
    await gateway.sendCatalogue([c])
    await gateway.send(readingsOf('c/energy', [[Date.now(), 1_234]]))
    const answer = await gateway.sendCatalogue([
      { key: 'd', points: [{ key: 'x' }] },
      { ...c, points: [{ key: 'energy', scale: 3 }] },
    ])
    expect(answer.error).toContain('c/energy')
    expect((await devices()).map(({ key }) => key)).not.toContain('d')
    const entries = await engineer.call('GET /api/quarantine', { query: { state: 'open' } })
    expect(entries.items.find(({ code }) => code === 'gateway.catalogue_refused')?.reason).toContain(
      'c/energy',
    )
    const c1 = (await devices()).find(({ key }) => key === 'c')!
    const detail = await engineer.call('GET /api/devices/:id', { params: { id: c1.id } })
    expect(detail.points[0]?.latest?.value).toBe('12.34')
  })

  it('names what is wrong in one that breaks the schema', async () => {
    const broken = { ...catalogueOf([{ key: 'bad key!', points: [{ key: 'x' }] }]), revision: randomUUID() }
    await gateway.mqtt.publishAsync(topics.catalogue(gateway.id), JSON.stringify(broken), { qos: 1 })
    const find = () => gateway.acks.find((ack) => ack.catalogue?.revision === broken.revision)
    await gateway.until(() => find() !== undefined)
    expect(find()?.catalogue?.error).toContain('devices.0.key')
  })

  it('tells the listeners within its transaction', async () => {
    const other = await newGateway()
    const told: string[] = []
    const ignore = onCatalogueStored(hub.hub, async (client, change) => {
      const { rows } = await client.query<{ key: string }>('select key from point where gateway_id = $1', [
        change.gatewayId,
      ])
      told.push(...rows.map(({ key }) => key))
      expect(change.projectId).toBe(projectId)
    })
    await other.sendCatalogue([{ key: 'e', points: [{ key: 'energy' }] }])
    ignore()
    expect(told).toEqual(['e/energy'])
  })
})

describe('presence', () => {
  const status = (atMs: number): StatusMessage => ({
    v: 1,
    atMs,
    version: '9.9.9',
    startedAtMs: atMs,
    outbox: { batches: 1, readings: 5, bytes: 100, oldestAtMs: atMs, droppedReadings: 2 },
    buses: [{ key: 'b', driver: 'modbus', address: 'x', connected: true, load: 0.25, missedDeadlines: 3 }],
    devices: [
      {
        key: 'p',
        state: 'online',
        lastGoodAtMs: atMs,
        latencyMs: 12.5,
        requests: 10,
        errors: 1,
        message: null,
      },
    ],
  })

  it('shows status, and who has gone', async () => {
    const other = await newGateway()
    await other.sendCatalogue([{ key: 'p', points: [{ key: 'energy' }] }])
    const watcher = await hub.as('manager')
    expect((await watcher.call('GET /api/gateways')).find(({ id }) => id === other.id)?.state).toBe('online')
    await other.mqtt.publishAsync(topics.status(other.id), JSON.stringify(status(Date.now())))
    await expect.poll(async () => (await stateOf(other.id))?.agentVersion, { timeout: 8_000 }).toBe('9.9.9')
    expect(await stateOf(other.id)).toMatchObject({
      devices: { total: 1, online: 1, degraded: 0, offline: 0 },
      outbox: { readings: 5, droppedReadings: 2 },
      buses: [{ key: 'b', load: 0.25 }],
    })
    const [device] = await engineer.call('GET /api/devices', { query: { gatewayId: other.id } })
    expect(device).toMatchObject({ state: 'online', latencyMs: 12.5, requests: 10, errors: 1 })
    await other.stop()
    await expect.poll(async () => (await stateOf(other.id))?.state, { timeout: 5_000 }).toBe('offline')
    expect((await stateOf(other.id))?.devices.online).toBe(0)
  })

  it('counts silence as absence, and tells other systems of both once', async () => {
    const clock = manualClock(new Date())
    const { pool } = hub.hub.db
    await subscribeForTest(pool, ['gateway.online', 'gateway.offline'])
    const quiet = await newGateway()
    await quiet.sendCatalogue([])
    const presence = new PresenceService({ ...hub.hub, publicUrl: '', clock })
    await presence.markSilent()
    expect((await stateOf(quiet.id))?.state).toBe('online')
    clock.advance(SILENCE_MS + 5_000)
    await presence.markSilent()
    expect((await stateOf(quiet.id))?.state).toBe('offline')
    await presence.markSilent()
    const told = async (type: string) =>
      (await toldEvents(pool, type)).filter(({ data }) => data['gatewayId'] === quiet.id)
    expect(await told('gateway.online')).toHaveLength(1)
    expect(await told('gateway.offline')).toMatchObject([{ data: { name: expect.any(String) as unknown } }])
  })

  it('survives a client that sends nonsense', async () => {
    const client = connect(hub.hub.broker.publicUrl.replace('localhost', '127.0.0.1'), {
      username: gateway.id,
      password: gateway.password,
      reconnectPeriod: 0,
    })
    await new Promise((resolve) => client.once('connect', resolve))
    await client.publishAsync(topics.status(gateway.id), '{"v":1}', { qos: 1 })
    await client.publishAsync(topics.presence(gateway.id), 'nonsense', { qos: 1 })
    const { items } = await engineer.call('GET /api/quarantine', { query: { state: 'open', pageSize: 500 } })
    const codes = items.filter(({ gatewayId }) => gatewayId === gateway.id).map(({ code }) => code)
    expect(codes).toEqual(expect.arrayContaining(['gateway.message_invalid', 'gateway.message_not_json']))
    await client.endAsync()
  })
})

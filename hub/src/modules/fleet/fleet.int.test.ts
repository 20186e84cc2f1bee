import { randomBytes, randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SECRET_MASK, type ManagedConfig, type StatusMessage } from '@courtyard/protocols/contract'
import { loadMasterKeys, parseKeys, type MasterKey } from '../../platform/security/master-key.ts'
import { SecretBox } from '../../platform/security/secret-box.ts'
import { makeRequest } from '../../platform/security/testing.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { createProject } from '../telemetry/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { telemetryModule } from '../telemetry/index.ts'
import { handDownQuiet } from './config-delivery.ts'
import { exampleSchema } from './domain/testing.ts'
import { fleetModule } from './index.ts'
import { requestsOf } from './requests-of.ts'
import { openConfig, sealAllAnew } from './sealed-config.ts'
import { startFleetGateway, type FleetGateway } from './testing.ts'

const SECRET = `a-secret-${randomUUID()}`
const config: ManagedConfig = {
  buses: [
    { key: 'opc', driver: 'opcua', endpoint: 'opc.tcp://10.0.0.5', login: { user: 'u', password: SECRET } },
    { key: 'zk', driver: 'zkteco', host: '10.0.0.9' },
  ],
  devices: [{ key: 'door', name: 'Door', bus: 'zk', profile: 'zk-terminal', address: { commKey: 4711 } }],
}
const withPassword = (password: string): ManagedConfig => ({
  ...config,
  buses: [{ ...config.buses[0]!, login: { user: 'u', password } }, config.buses[1]!],
})

let hub: TestHub
let engineer: TestClient
let projectId: string
const gateways: FleetGateway[] = []
const log: string[] = []

async function newGateway(): Promise<FleetGateway> {
  const gateway = await startFleetGateway(hub, engineer, projectId)
  gateways.push(gateway)
  await gateway.sendSchema()
  return gateway
}
const save = (
  gateway: FleetGateway,
  body: { config: ManagedConfig; basedOn: number | null; draft?: boolean },
) => engineer.call('POST /api/gateways/:id/configs', { params: { id: gateway.id }, body })
const configOf = ({ id }: FleetGateway) => engineer.call('GET /api/gateways/:id/config', { params: { id } })
const revisionsOf = async ({ id }: FleetGateway) =>
  (await engineer.call('GET /api/gateways/:id/configs', { params: { id } })).map(({ number, state }) => [
    number,
    state,
  ])

beforeAll(async () => {
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(chunk.toString())
      done()
    },
  })
  const modules = [fleetModule, telemetryModule, gatewaysModule]
  hub = await startTestHub({
    modules,
    log: pino({ level: 'trace' }, sink),
    environment: { TRUST_PROXY: '1' },
  })
  engineer = await hub.as('engineer')
  projectId = await createProject(hub)
})
afterAll(async () => {
  await Promise.all(gateways.map((one) => one.stop()))
  await hub?.stop()
})

async function isOnline({ id }: FleetGateway): Promise<boolean | undefined> {
  const { rows } = await hub.hub.db.pool.query<{ online: boolean }>(
    'select online from gateway where id = $1',
    [id],
  )
  return rows[0]?.online
}

describe('a revision', () => {
  it('goes down with its secrets, runs, and is shown without them', async () => {
    const gateway = await newGateway()
    const made = await save(gateway, { config, basedOn: null })
    expect(made).toMatchObject({ number: 1, state: 'pending' })
    await expect.poll(() => gateway.configs.length).toBe(1)
    expect(gateway.configs[0]).toMatchObject({ revision: made.id, config })
    const shown = await configOf(gateway)
    expect(shown.running).toBeNull()
    expect(JSON.stringify(shown)).not.toContain(SECRET)
    expect(shown.pending?.config.buses[0]).toMatchObject({ login: { user: 'u', password: SECRET_MASK } })
    await gateway.reportConfig('running', made.id, { config: withPassword(SECRET_MASK) })
    expect(await revisionsOf(gateway)).toEqual([[1, 'running']])
    expect(await configOf(gateway)).toMatchObject({ running: { revisionId: made.id }, pending: null })
  })

  it('keeps the secrets of masks that come back, through several revisions', async () => {
    const gateway = await newGateway()
    await save(gateway, { config, basedOn: null })
    const shown = (await configOf(gateway)).pending!.config
    const second = { ...shown, buses: [shown.buses[1]!, { ...shown.buses[0]!, endpoint: 'opc.tcp://other' }] }
    await save(gateway, { config: second, basedOn: 1 })
    const third = (await configOf(gateway)).pending!.config
    const { id } = await save(gateway, { config: third, basedOn: 2 })
    await expect
      .poll(() => gateway.configs.find(({ revision }) => revision === id)?.config.buses[1])
      .toEqual({
        ...config.buses[0],
        endpoint: 'opc.tcp://other',
      })
    expect(gateway.configs.at(-1)!.config.devices).toEqual(config.devices)
    expect(await revisionsOf(gateway)).toEqual([
      [3, 'pending'],
      [2, 'superseded'],
      [1, 'superseded'],
    ])
  })

  it('leaves a mask to the gateway when only that knows the secret', async () => {
    const gateway = await newGateway()
    await gateway.reportConfig('running', null, { config: withPassword(SECRET_MASK) })
    const { running } = await configOf(gateway)
    expect(running).toMatchObject({ revisionId: null })
    await save(gateway, { config: running!.config, basedOn: null })
    await expect
      .poll(() => gateway.configs.at(-1)?.config.buses[0])
      .toMatchObject({
        login: { password: SECRET_MASK },
      })
  })

  it('is saved by one of those who save at the same time; the others hear of it', async () => {
    const gateway = await newGateway()
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => save(gateway, { config, basedOn: null })),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refused = tries.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    expect(refused.reason).toMatchObject({
      code: 'gateway_config.conflict',
      details: { status: 409, newest: 1 },
    })
    expect(await revisionsOf(gateway)).toEqual([[1, 'pending']])
  })

  it('is told as refused or rolled back, with the reasons of the gateway, and may be tried again', async () => {
    const gateway = await newGateway()
    const first = await save(gateway, { config, basedOn: null })
    const issues = [{ path: 'buses[1].host', reason: 'nobody there' }]
    await gateway.reportConfig('refused', first.id, { issues })
    await gateway.reportConfig('refused', first.id, { issues })
    const detail = await engineer.call('GET /api/gateway-configs/:id', { params: { id: first.id } })
    expect(detail).toMatchObject({ state: 'refused', issues })
    expect((await configOf(gateway)).pending).toBeNull()
    const again = await engineer.call('POST /api/gateway-configs/:id/apply', { params: { id: first.id } })
    expect(again).toMatchObject({ number: 2, state: 'pending', note: '#1' })
    expect(again.id).not.toBe(first.id)
    await gateway.reportConfig('running', again.id, { config })
    await gateway.reportConfig('rolledBack', again.id, { issues: [{ path: '', reason: 'lost the hub' }] })
    await gateway.reportConfig('running', null, { config })
    expect(await revisionsOf(gateway)).toEqual([
      [2, 'rolledBack'],
      [1, 'refused'],
    ])
  })

  it('as a draft stays here until it is applied, and may have faults until then', async () => {
    const gateway = await newGateway()
    const broken = { ...config, devices: [{ ...config.devices[0]!, bus: 'none' }] }
    const draft = await save(gateway, { config: broken, basedOn: null, draft: true })
    expect(draft.state).toBe('draft')
    await expect(
      engineer.call('POST /api/gateway-configs/:id/apply', { params: { id: draft.id } }),
    ).rejects.toMatchObject({
      code: 'input.invalid',
      details: { issues: [{ path: 'devices[0].bus', reason: 'there is no bus "none"' }] },
    })
    const good = await save(gateway, { config, basedOn: 1, draft: true })
    expect(gateway.configs).toEqual([])
    const tries = await Promise.allSettled(
      [1, 2, 3].map(() => engineer.call('POST /api/gateway-configs/:id/apply', { params: { id: good.id } })),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect.poll(() => gateway.configs.length).toBeGreaterThan(0)
    expect(new Set(gateway.configs.map(({ revision }) => revision))).toEqual(new Set([good.id]))
  })

  it('waits for a gateway that is away, and is sent again while nothing is heard', async () => {
    const gateway = await newGateway()
    await gateway.stop()
    const { id } = await save(gateway, { config, basedOn: null })
    await gateway.connect()
    await expect.poll(() => gateway.configs.map(({ revision }) => revision)).toContain(id)
    const before = gateway.configs.length
    await handDownQuiet(hub.hub)
    await hub.hub.db.pool.query(`update gateway_config set sent_at = sent_at - interval '2 minutes'`)
    await handDownQuiet(hub.hub)
    await expect.poll(() => gateway.configs.length).toBe(before + 1)
    await gateway.reportConfig('running', id, { config })
    await hub.hub.db.pool.query(`update gateway_config set sent_at = sent_at - interval '2 minutes'`)
    await handDownQuiet(hub.hub)
    await gateway.say('presence', { v: 1, online: true })
    expect(gateway.configs).toHaveLength(before + 1)
  })

  it('of another gateway is none of its business', async () => {
    const [one, other] = [await newGateway(), await newGateway()]
    const { id } = await save(one, { config, basedOn: null })
    await other.reportConfig('running', id, { config })
    expect(await revisionsOf(one)).toEqual([[1, 'pending']])
  })
})

describe('secrets', () => {
  it('stand sealed in the database, not at all in the audit, and never in the log', async () => {
    const gateway = await newGateway()
    const { id } = await save(gateway, { config, basedOn: null })
    const changed = `another-${randomUUID()}`
    await save(gateway, { config: withPassword(changed), basedOn: 1 })
    await gateway.reportConfig('running', id, { config })
    await gateway.say('config', { v: 1, nonsense: SECRET })
    expect(log.join('')).toContain('message of a gateway refused')
    const { rows } = await hub.hub.db.pool.query<{ text: string }>(
      `select (select string_agg(c::text, ' ') from gateway_config c) ||
        (select string_agg(r::text, ' ') from gateway_report r) ||
        (select string_agg(encode(content_sealed, 'escape'), ' ') from gateway_config) as text`,
    )
    const audit = await hub.hub.db.pool.query<{ after: { revision?: number } | null }>(
      `select to_jsonb(a) as whole, after from audit_entry a where entity_id = $1`,
      [gateway.id],
    )
    const entry = audit.rows.find(({ after }) => after?.revision === 2)
    expect(JSON.stringify(entry)).toContain('buses[opc].login.password')
    for (const secret of [SECRET, changed]) {
      expect(rows[0]!.text).not.toContain(secret)
      expect(rows[0]!.text).not.toContain(Buffer.from(secret).toString('hex'))
      expect(JSON.stringify(audit.rows)).not.toContain(secret)
      expect(log.join('')).not.toContain(secret)
    }
    for (const { password } of gateways) expect(log.join('')).not.toContain(password)
  })
})

describe('a check', () => {
  const validate = (gateway: FleetGateway, given: ManagedConfig) =>
    engineer.call('POST /api/gateways/:id/configs/validate', {
      params: { id: gateway.id },
      body: { config: given },
    })

  it('is made here first, with the place of each fault', async () => {
    const gateway = await newGateway()
    const faulty = {
      ...config,
      buses: [
        { key: 'opc', driver: 'opcua' },
        { key: 'zk', driver: 'zkteco', host: 'h' },
      ],
    }
    const { issues, checkedBy } = await validate(gateway, faulty)
    expect([checkedBy, issues]).toEqual(['hub', [{ path: 'buses[0].endpoint', reason: 'is needed' }]])
    await expect(save(gateway, { config: faulty, basedOn: null })).rejects.toMatchObject({
      code: 'input.invalid',
    })
  })

  it('is made by the gateway, which gets the secrets', async () => {
    const gateway = await newGateway()
    await save(gateway, { config, basedOn: null })
    const issues = [{ path: 'buses[0].endpoint', reason: 'no such host' }]
    gateway.answer = () => ({ error: null, result: { issues } })
    const shown = (await configOf(gateway)).pending!.config
    expect(await validate(gateway, shown)).toEqual({ issues, checkedBy: 'gateway' })
    expect(gateway.requests).toEqual([{ kind: 'validate', config }])
    await gateway.stop()
    // Asked before the hub knows, it would wait for an answer that nobody gives
    await expect.poll(() => isOnline(gateway)).toBe(false)
    expect((await validate(gateway, shown)).checkedBy).toBe('hub')
  })
})

describe('a request', () => {
  const logOf = ({ id }: FleetGateway) =>
    engineer.call('POST /api/gateways/:id/log', { params: { id }, body: { lines: 5 } })
  const line = { atMs: 1, level: 'info', message: 'hello', fields: {} }

  it('is answered', async () => {
    const gateway = await newGateway()
    gateway.answer = () => ({ error: null, result: { lines: [line] } })
    expect(await logOf(gateway)).toEqual({ lines: [line] })
    expect(gateway.requests).toEqual([{ kind: 'log', lines: 5, level: 'info' }])
    const { rows } = await hub.hub.db.pool.query('select from gateway_request where gateway_id = $1', [
      gateway.id,
    ])
    expect(rows).toEqual([])
  })

  it('gets an answer that another process of the hub has taken', async () => {
    const gateway = await newGateway()
    gateway.answer = () => {
      // What the other process does
      void hub.hub.db.pool.query(
        `update gateway_request set answer = jsonb_build_object('v', 1, 'id', id, 'error', null, 'result', $2::jsonb) where gateway_id = $1`,
        [gateway.id, JSON.stringify({ lines: [line] })],
      )
      return null
    }
    expect(await logOf(gateway)).toEqual({ lines: [line] })
  })

  it('fails in words: refused by the gateway, nonsense, silence, nobody there, too many', async () => {
    const gateway = await newGateway()
    gateway.answer = () => ({ error: { code: 'bus.unknown', message: 'no such bus' }, result: null })
    const scan = () =>
      engineer.call('POST /api/gateways/:id/scan', { params: { id: gateway.id }, body: { bus: 'x' } })
    await expect(scan()).rejects.toMatchObject({
      code: 'gateway.request_failed',
      details: { status: 422, code: 'bus.unknown', reason: 'no such bus' },
    })
    gateway.answer = () => ({ error: null, result: { lines: 'none' } })
    await expect(logOf(gateway)).rejects.toMatchObject({ code: 'gateway.bad_answer' })
    gateway.answer = () => null
    const ask = () =>
      requestsOf(hub.hub).ask(
        { ...gateway, name: 'g', online: true },
        { kind: 'log', lines: 1, level: 'info' },
        2_000,
      )
    const ends = Promise.allSettled(Array.from({ length: 4 }, ask))
    await expect.poll(() => gateway.requests.filter(({ kind }) => kind === 'log').length).toBe(5)
    await expect(logOf(gateway)).rejects.toMatchObject({ code: 'gateway.busy', details: { status: 429 } })
    await hub.hub.db.pool.query('update gateway set online = false where id = $1', [gateway.id])
    await expect(logOf(gateway)).rejects.toMatchObject({ code: 'gateway.offline', details: { status: 409 } })
    for (const end of await ends) expect(end).toMatchObject({ reason: { code: 'gateway.no_answer' } })
  })

  it('cannot be answered by another gateway', async () => {
    const [asked, thief] = [await newGateway(), await newGateway()]
    asked.answer = () => {
      void (async () => {
        const { rows } = await hub.hub.db.pool.query<{ id: string }>(
          'select id from gateway_request where gateway_id = $1',
          [asked.id],
        )
        await thief.say('response', { v: 1, id: rows[0]!.id, error: null, result: { lines: [] } })
        await asked.say('response', { v: 1, id: rows[0]!.id, error: null, result: { lines: [line] } })
      })()
      return null
    }
    expect(await logOf(asked)).toEqual({ lines: [line] })
  })

  it('to read a device finds its gateway', async () => {
    const gateway = await newGateway()
    await gateway.sendCatalogue([{ key: 'door', points: [] }])
    const [device] = await engineer.call('GET /api/devices', { query: { gatewayId: gateway.id } })
    gateway.answer = () => ({ error: null, result: { message: null, latencyMs: 3.5, points: [] } })
    const probed = await engineer.call('POST /api/devices/:id/probe', { params: { id: device!.id } })
    expect([probed.latencyMs, gateway.requests]).toEqual([3.5, [{ kind: 'probe', device: 'door' }]])
  })
})

describe('a template', () => {
  it('is copied from what runs without its secrets, exported, imported and removed', async () => {
    const gateway = await newGateway()
    const name = `site ${randomUUID()}`
    const copy = () => engineer.call('POST /api/gateway-templates', { body: { gatewayId: gateway.id, name } })
    await expect(copy()).rejects.toMatchObject({ code: 'gateway.nothing_runs' })
    await gateway.reportConfig('running', null, { config })
    const made = await copy()
    expect(made).toMatchObject({ name, buses: 2, devices: 1 })
    await expect(copy()).rejects.toMatchObject({ code: 'gateway_template.name_taken' })
    const exported = await engineer.call('GET /api/gateway-templates/:id', { params: { id: made.id } })
    expect(exported.config.buses[0]).toMatchObject({ endpoint: 'opc.tcp://10.0.0.5', login: { user: 'u' } })
    expect(JSON.stringify(exported)).not.toMatch(new RegExp(`${SECRET}|4711`))
    const body = { name: `${name} 2`, config: withPassword('pasted') }
    const imported = await engineer.call('POST /api/gateway-templates/import', { body })
    const again = await engineer.call('GET /api/gateway-templates/:id', { params: { id: imported.id } })
    expect(JSON.stringify(again)).not.toContain('pasted')

    const stranger = await hub.as('engineer', [await createProject(hub)])
    expect((await stranger.call('GET /api/gateway-templates')).map(({ id }) => id)).toEqual([imported.id])
    await expect(
      stranger.call('DELETE /api/gateway-templates/:id', { params: { id: made.id } }),
    ).rejects.toMatchObject({ code: 'gateway_template.not_found' })
    await engineer.call('DELETE /api/gateway-templates/:id', { params: { id: made.id } })
    expect((await engineer.call('GET /api/gateway-templates')).map(({ id }) => id)).toEqual([imported.id])
  })
})

/** A gateway whose clock is 90 s behind, with ten requests and four errors of each device. */
function statusOf(devices: readonly string[]): StatusMessage {
  const atMs = Date.now() - 90_000
  const bus = { driver: 'modbus', address: 'x' }
  return {
    v: 1,
    atMs,
    version: '9.9.9',
    startedAtMs: atMs,
    outbox: {
      batches: 1,
      readings: 5,
      bytes: 100,
      oldestAtMs: Number.MAX_SAFE_INTEGER,
      droppedReadings: 2,
      events: 3,
    },
    health: {
      rssBytes: 1e8,
      cpu: 0.5,
      diskFreeBytes: null,
      clockOffsetMs: 1,
      clockTrusted: false,
      configRevision: null,
      certificateExpiresAtMs: null,
    },
    buses: [
      { key: 'bus1', ...bus, connected: true, load: 0.25, missedDeadlines: 3 },
      { key: 'bus2', ...bus, connected: false, load: 0.75, missedDeadlines: 1 },
    ],
    devices: devices.map((key) => ({
      key,
      state: 'degraded',
      lastGoodAtMs: atMs,
      latencyMs: 12.5,
      requests: 10,
      errors: 4,
      message: 'crc',
    })),
  }
}

describe('health', () => {
  it('tells what the gateway said, and how far its clock is off', async () => {
    const gateway = await newGateway()
    await gateway.sendCatalogue([{ key: 'p', points: [{ key: 'energy' }] }])
    await gateway.say('status', statusOf(['p']))
    const read = () => engineer.call('GET /api/gateways/:id/health', { params: { id: gateway.id } })
    await expect.poll(async () => (await read()).agentVersion, { timeout: 8_000 }).toBe('9.9.9')
    const told = await read()
    expect(told).toMatchObject({
      clockTrusted: false,
      certificate: null,
      outbox: { events: 3, oldestAt: null },
      buses: [
        { key: 'bus1', load: 0.25, devices: 1 },
        { key: 'bus2', devices: 0 },
      ],
      devices: [{ key: 'p', state: 'degraded', latencyMs: 12.5, requests: 10, errors: 4, message: 'crc' }],
    })
    expect(Math.abs(told.clockOffsetMs! + 90_000)).toBeLessThan(5_000)
    const schema = await engineer.call('GET /api/gateways/:id/schema', { params: { id: gateway.id } })
    expect(schema).toEqual(exampleSchema)
  })

  it('of all gateways is one answer: certificates, revisions and errors of each', async () => {
    const mine = await createProject(hub)
    const all = (query: { projectId?: string } = { projectId: mine }) =>
      engineer.call('GET /api/gateways/health', { query })
    const [quiet, busy] = [
      await startFleetGateway(hub, engineer, mine),
      await startFleetGateway(hub, engineer, mine),
    ]
    gateways.push(quiet, busy)
    const of = async ({ id }: FleetGateway) => (await all()).find(({ gatewayId }) => gatewayId === id)!
    expect(await of(quiet)).toMatchObject({
      state: 'online',
      statusAt: null,
      certificate: null,
      outbox: null,
      config: { source: null, running: null, newest: null },
      buses: { total: 0, disconnected: 0, highestLoad: null, missedDeadlines: 0 },
      requests: 0,
      errors: 0,
    })
    await busy.sendCatalogue(['p', 'q'].map((key) => ({ key, points: [{ key: 'energy' }] })))
    await busy.sendSchema()
    await busy.say('status', statusOf(['p', 'q']))
    await busy.reportConfig('running', null, { config })
    await expect.poll(async () => (await of(busy)).requests, { timeout: 8_000 }).toBe(20)
    expect(await of(busy)).toMatchObject({
      agentVersion: '9.9.9',
      clockTrusted: false,
      outbox: { batches: 1, readings: 5, events: 3 },
      config: { source: 'file', running: null, newest: null },
      buses: { total: 2, disconnected: 1, highestLoad: 0.75, missedDeadlines: 4 },
      errors: 8,
    })

    const first = await save(busy, { config, basedOn: null })
    expect((await of(busy)).config.newest).toEqual({ number: 1, state: 'pending' })
    await busy.reportConfig('running', first.id, { config })
    const second = await save(busy, { config, basedOn: 1 })
    await save(busy, { config, basedOn: 2, draft: true })
    await busy.reportConfig('refused', second.id, { issues: [{ path: '', reason: 'no' }] })
    await expect
      .poll(async () => (await of(busy)).config)
      .toEqual({ source: 'hub', running: 1, newest: { number: 2, state: 'refused' } })

    const { authority } = hub.hub.security
    for (const id of [busy.id, busy.id, quiet.id]) {
      const { csr } = await makeRequest()
      await hub.hub.db.transaction((client) => authority.issue(client, id, csr))
    }
    const newest = await authority.newest(hub.hub.db.pool, busy.id)
    expect((await of(busy)).certificate).toMatchObject({ serial: newest!.serial, revokedAt: null })
    await engineer.call('POST /api/gateways/:id/certificate/revoke', { params: { id: quiet.id } })
    const ended = await of(quiet)
    expect([ended.state, typeof ended.certificate?.revokedAt]).toEqual(['awaitingEnrolment', 'string'])

    // What one gateway says of itself and what all say is the same
    const one = await engineer.call('GET /api/gateways/:id/health', { params: { id: busy.id } })
    const summary = await of(busy)
    for (const key of ['statusAt', 'startedAt', 'clockOffsetMs', 'certificate', 'outbox'] as const) {
      expect([key, summary[key]]).toEqual([key, one[key]])
    }
    const stranger = await hub.as('engineer', [await createProject(hub)])
    expect(await stranger.call('GET /api/gateways/health')).toEqual([])
    expect(await stranger.call('GET /api/gateways/health', { query: { projectId: mine } })).toEqual([])
    expect((await all({})).length).toBeGreaterThan(2)
  })

  it('and everything else stays within the project', async () => {
    const gateway = gateways[0]!
    const { id } = (await engineer.call('GET /api/gateways/:id/configs', { params: { id: gateway.id } }))[0]!
    const stranger = await hub.as('engineer', [await createProject(hub)])
    const params = { id: gateway.id }
    const tries = [
      stranger.call('GET /api/gateways/:id/health', { params }),
      stranger.call('GET /api/gateways/:id/schema', { params }),
      stranger.call('GET /api/gateways/:id/configs', { params }),
      stranger.call('GET /api/gateways/:id/config', { params }),
      stranger.call('GET /api/gateway-configs/:id', { params: { id } }),
      stranger.call('POST /api/gateway-configs/:id/apply', { params: { id } }),
      stranger.call('POST /api/gateways/:id/configs', { params, body: { config, basedOn: 1 } }),
      stranger.call('POST /api/gateways/:id/configs/validate', { params, body: { config } }),
      stranger.call('POST /api/gateways/:id/log', { params, body: {} }),
      stranger.call('POST /api/gateways/:id/scan', { params, body: { bus: 'x' } }),
      stranger.call('POST /api/gateways/:id/picture', { params, body: { key: 'x' } }),
      stranger.call('POST /api/gateways/:id/certificate/revoke', { params }),
      stranger.call('POST /api/gateway-templates', { body: { gatewayId: gateway.id, name: 'x' } }),
    ]
    for (const end of await Promise.allSettled(tries))
      expect(end).toMatchObject({ reason: { details: { status: 404 } } })
    const clerk = await hub.as('billingClerk')
    await expect(clerk.call('POST /api/gateways/:id/log', { params, body: {} })).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
  })
})

it('after a change of the master key everything opens with the new one alone', async () => {
  const [old] = await loadMasterKeys(hub.folder, null)
  const [next] = parseKeys(randomBytes(32).toString('base64'), 'test')
  const hubWith = (...keys: [MasterKey, ...MasterKey[]]) => ({
    ...hub.hub,
    publicUrl: '',
    security: { ...hub.hub.security, box: new SecretBox(keys) },
  })
  const { rows } = await hub.hub.db.pool.query<{ count: number }>(
    `select ((select count(*) from gateway_config) +
      (select count(*) from gateway_report where running_sealed is not null))::int as count`,
  )
  expect(await sealAllAnew(hubWith(next, old))).toBe(rows[0]!.count)
  const { rows: sealed } = await hub.hub.db.pool.query<{ id: string; sealed: Buffer }>(
    'select id, content_sealed as sealed from gateway_config',
  )
  for (const { id, sealed: bytes } of sealed) {
    expect(openConfig(hubWith(next), 'gateway_config', id, bytes).devices).toBeDefined()
  }
  expect(await sealAllAnew(hubWith(next))).toBe(0)
  expect(await sealAllAnew(hubWith(old, next))).toBe(rows[0]!.count)
})

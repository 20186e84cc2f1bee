import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeviceEvent, LiveEvents } from '@courtyard/protocols/contract'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { subscribeForTest, toldEvents } from '../../platform/webhooks/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { meteringModule } from '../metering/index.ts'
import { telemetryModule } from '../telemetry/index.ts'
import { createProject, readingsOf, startTestGateway, type TestGateway } from '../telemetry/testing.ts'
import { eventsModule } from './index.ts'

let hub: TestHub
let engineer: TestClient
let projectId: string
let gateway: TestGateway

/** The hub's clock is ahead by this. */
const later = { ms: 0 }
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Noon in Shanghai, yesterday. */
const noon = Math.floor(Date.now() / DAY - 1) * DAY + 4 * HOUR

beforeAll(async () => {
  const clock = { now: () => new Date(Date.now() + later.ms) }
  hub = await startTestHub({
    clock,
    modules: [meteringModule, eventsModule, telemetryModule, gatewaysModule],
  })
  engineer = await hub.as('engineer')
  projectId = await createProject(hub)
  gateway = await startTestGateway(hub, engineer, projectId)
  await gateway.sendCatalogue(
    ['terminal', 'camera', 'ups', 'busy'].map((key) => ({ key, points: [{ key: 'x' }] })),
  )
})
afterAll(async () => {
  await gateway?.stop()
  await hub?.stop()
})

const access = (id: string, atMs: number, more: Partial<DeviceEvent> = {}): DeviceEvent => ({
  type: 'access',
  id,
  device: 'terminal',
  atMs,
  door: '1',
  granted: true,
  credential: 'card',
  ...(more as object),
})

const oneOfEach: DeviceEvent[] = [
  {
    type: 'access',
    id: 'a-1',
    device: 'terminal',
    atMs: noon,
    door: '1',
    granted: false,
    credential: 'card',
    card: '0012345678',
    direction: 'in',
    reason: 'card expired',
    picture: 'p/1.jpg',
  },
  {
    type: 'attendance',
    id: 'p-1',
    device: 'terminal',
    atMs: noon + 1,
    person: '1007',
    personName: '王小明',
    credential: 'face',
    punch: 'checkIn',
  },
  { type: 'door', id: 'd-1', device: 'terminal', atMs: noon + 2, door: '1', state: 'forced' },
  {
    type: 'vehicle',
    id: 'v-1',
    device: 'camera',
    atMs: noon + 3,
    lane: '1',
    direction: 'in',
    plate: '沪A12345',
    plateColor: 'blue',
    confidence: 98.5,
    list: 'none',
  },
  {
    type: 'alarm',
    id: 'al-1',
    device: 'ups',
    atMs: noon + 4,
    code: 'onBattery',
    severity: 'critical',
    state: 'raised',
    message: 'utility power lost',
  },
]

const eventsOf = async (query: Parameters<typeof list>[0]) =>
  (await list(query)).items.map(({ event }) => event)
const list = (query: Record<string, unknown>) =>
  engineer.call('GET /api/events', { query: { projectId, ...query } })
const idsOf = async (query: Record<string, unknown>) => (await eventsOf(query)).map(({ id }) => id)

/** What browsers of the project are told of events, until `end`. */
function listen(project = projectId) {
  const heard: LiveEvents['events'][] = []
  const end = hub.hub.live.subscribe((event, data, scope) => {
    if (event === 'events' && scope.projectId === project) heard.push(data as LiveEvents['events'])
  })
  return { heard, end }
}

describe('exactly once', () => {
  it('keeps what the device said, every type in its table, beside readings and alone', async () => {
    await subscribeForTest(hub.hub.db.pool, ['access.recorded'])
    expect(await gateway.send(readingsOf('terminal/x', [[noon, 5]]), [], oneOfEach.slice(0, 2))).toBe(
      'committed',
    )
    expect(await gateway.send([], [], oneOfEach.slice(2))).toBe('committed')
    expect(await eventsOf({})).toEqual(oneOfEach.toReversed())
    const { items } = await list({ type: 'vehicle' })
    expect(items[0]).toMatchObject({
      deviceName: 'Device camera',
      gatewayId: gateway.id,
      at: new Date(noon + 3).toISOString(),
    })
    // Other systems learn that somebody was at a door, not who
    const told = await toldEvents(hub.hub.db.pool, 'access.recorded')
    expect(told).toMatchObject([
      { projectId, data: { deviceKey: 'terminal', at: new Date(noon).toISOString() } },
    ])
    expect(JSON.stringify(told)).not.toMatch(/person|0012345678|王小明/)
  })

  it('names the batch that is its evidence', async () => {
    const { items } = await list({ type: 'alarm' })
    const evidence = await engineer.call('GET /api/batches/:batchId', {
      params: { batchId: items[0]!.batchId },
    })
    expect(evidence).toMatchObject({ gatewayId: gateway.id, readings: 0, sequence: '2' })
  })

  it('stores an event once that comes in many batches at the same time, and counts it once', async () => {
    const again = Array.from({ length: 6 }, (_, i) =>
      gateway.batch([], [], [access('same', noon + 10), access(`own-${i}`, noon + 20 + i)]),
    )
    const last = gateway.lastSequence
    await Promise.all([...again, ...again].map((bytes) => gateway.publish(bytes)))
    await gateway.until(() =>
      Array.from({ length: 6 }, (_, i) => last - i).every((n) => gateway.statusesOf(n).length === 2),
    )
    const ids = await idsOf({ type: 'access', from: new Date(noon + 5).toISOString() })
    expect(ids.toSorted()).toEqual(['own-0', 'own-1', 'own-2', 'own-3', 'own-4', 'own-5', 'same'])
    const summary = await engineer.call('GET /api/events/summary', { query: { projectId } })
    expect(summary.find(({ type }) => type === 'access')?.count).toBe(8)
  })

  it('keeps text that PostgreSQL can not, as far as it goes', async () => {
    const odd = access('odd', noon + 60_000, { personName: 'a\0b\ud800c' })
    expect(await gateway.send([], [], [odd])).toBe('committed')
    const [kept] = await eventsOf({ from: new Date(noon + 60_000).toISOString() })
    expect(kept).toMatchObject({ id: 'odd', personName: 'a\ufffdb\ufffdc' })
  })

  it('can not be changed afterwards', async () => {
    for (const sql of [
      'update access_event set granted = true',
      'delete from door_event',
      'truncate vehicle_event',
    ]) {
      await expect(hub.hub.db.pool.query(sql)).rejects.toThrow('append-only')
    }
  })

  it('leaves followers and usage as they are', async () => {
    const { rows } = await hub.hub.db.pool.query<{ events: number; readings: number }>(
      'select events, readings from reading_batch where gateway_id = $1 order by id limit 2',
      [gateway.id],
    )
    expect(rows).toEqual([
      { events: 2, readings: 1 },
      { events: 3, readings: 0 },
    ])
    await expect
      .poll(async () => {
        const cursor = await hub.hub.db.pool.query<{ behind: string; error: string | null }>(
          `select (select max(id) from reading_batch) - batch_id as behind, error from log_cursor where follower = 'usage'`,
        )
        return cursor.rows[0]
      })
      .toEqual({ behind: '0', error: null })
  })
})

describe('quarantine', () => {
  it('holds events of devices that the catalogue does not list, and takes them in once it does', async () => {
    const other = await startTestGateway(hub, engineer, projectId)
    await other.sendCatalogue([{ key: 'a', points: [{ key: 'x' }] }])
    const events = [
      access('k-1', noon, { device: 'a' }),
      access('u-1', noon + 1, { device: 'new' }),
      access('u-2', noon + 2, { device: 'new' }),
    ]
    const before = listen()
    expect(await other.send([], [], events)).toBe('committed')
    expect(await other.send([], [], events)).toBe('committed')
    // News of the listed device may come a moment after the answer: not into what is looked at below
    await expect.poll(() => before.heard.length).toBe(1)
    before.end()
    const mine = async () =>
      (await engineer.call('GET /api/quarantine', { query: { pageSize: 500 } })).items.filter(
        ({ gatewayId }) => gatewayId === other.id,
      )
    expect(await mine()).toMatchObject([
      { device: 'new', point: null, code: 'ingest.device_unknown', events: 2, readings: 0, state: 'open' },
      { device: 'new', point: null, code: 'ingest.device_unknown', events: 2, readings: 0, state: 'open' },
    ])
    expect((await mine())[0]).toMatchObject({ projectId, deviceId: null, deviceName: null })
    const params = { id: (await mine())[0]!.id }
    await expect(engineer.call('POST /api/quarantine/:id/replay', { params })).rejects.toMatchObject({
      code: 'quarantine.still_refused',
      details: { reason: "the device new is not in the gateway's catalogue" },
    })
    const news = listen()
    await other.sendCatalogue([{ key: 'new', points: [] }])
    await expect
      .poll(async () => (await mine()).map(({ state }) => state), { timeout: 10_000 })
      .toEqual(['replayed', 'replayed'])
    const { deviceId } = (await mine())[0]!
    expect((await mine())[0]).toMatchObject({ deviceId: expect.any(String), deviceName: 'Device new' })
    // As if they had just come
    await expect.poll(() => news.heard).toEqual([{ types: ['access'], deviceIds: [deviceId] }])
    news.end()
    const stored = (await list({ type: 'access', limit: 200 })).items.filter(
      ({ gatewayId }) => gatewayId === other.id,
    )
    expect(stored.map(({ event }) => event.id)).toEqual(['u-2', 'u-1', 'k-1'])
    // The device is no longer listed; what it said stays, under the name of then
    expect(stored[2]).toMatchObject({ deviceName: 'Device a' })
    await other.stop()
  })

  it('takes in on request what has become good meanwhile, and tells of it', async () => {
    const mine = await createProject(hub)
    const early = await startTestGateway(hub, engineer, mine)
    await early.sendCatalogue([{ key: 'terminal', points: [] }])
    expect(await early.send([], [], [access('soon', Date.now() + DAY + 60_000)])).toBe('committed')
    const { items } = await engineer.call('GET /api/quarantine', {
      query: { state: 'open', sort: '-receivedAt' },
    })
    const entry = items[0]!
    const replay = () => engineer.call('POST /api/quarantine/:id/replay', { params: { id: entry.id } })
    await expect(replay()).rejects.toMatchObject({ code: 'quarantine.still_refused' })
    const news = listen(mine)
    later.ms = 2 * 60_000
    expect(await replay()).toMatchObject({ state: 'replayed', deviceId: entry.deviceId })
    later.ms = 0
    await expect.poll(() => news.heard).toEqual([{ types: ['access'], deviceIds: [entry.deviceId] }])
    news.end()
    await expect(replay()).rejects.toMatchObject({ code: 'quarantine.resolved' })
    await early.stop()
  })

  it('holds what a device says to be tomorrow, and takes the rest', async () => {
    const far = access('far', Date.now() + 2 * DAY, { device: 'busy' })
    expect(await gateway.send([], [], [far, access('near', noon, { device: 'busy' })])).toBe('committed')
    const { items } = await engineer.call('GET /api/quarantine', { query: { q: 'busy' } })
    expect(items).toMatchObject([{ device: 'busy', code: 'ingest.time_out_of_range', events: 1 }])
    expect(items[0]?.reason).toContain('event far of busy is at')
    const [device] = (await list({ type: 'access', limit: 200 })).items.filter(
      ({ event }) => event.device === 'busy',
    )
    expect(await idsOf({ deviceId: device!.deviceId })).toEqual(['near'])
  })

  it('notes events that the gateway lost', async () => {
    await gateway.send([], [{ readings: 0, events: 9, fromMs: noon, toMs: noon + 1, reason: 'full' }])
    const { rows } = await hub.hub.db.pool.query('select events from lost_readings where gateway_id = $1', [
      gateway.id,
    ])
    expect(rows).toEqual([{ events: 9 }])
  })
})

describe('reading', () => {
  it('pages through everything once, also where instants are equal across types', async () => {
    const crowd = Array.from({ length: 40 }, (_, i): DeviceEvent =>
      i % 2
        ? access(`c-${i}`, noon + 5 * HOUR)
        : {
            type: 'door',
            id: `c-${i}`,
            device: 'terminal',
            atMs: noon + 5 * HOUR,
            door: '2',
            state: 'closed',
          },
    )
    await gateway.send([], [], crowd)
    const whole = await idsOf({ limit: 200 })
    const seen: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await list({ limit: 7, ...(cursor ? { cursor } : {}) })
      seen.push(...page.items.map(({ event }) => event.id))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(seen).toEqual(whole)
    expect(new Set(whole).size).toBe(whole.length)
    expect(whole.slice(0, 40).toSorted()).toEqual(crowd.map(({ id }) => id).toSorted())
  })

  it.each([
    ['a card', '00123', ['a-1']],
    ['a plate, its letters in any case', '沪a123', ['v-1']],
    ['a person by number', '1007', ['p-1']],
    ['a person by name', '王小', ['p-1']],
    ['an alarm', 'ONBATT', ['al-1']],
    ['signs that mean something to SQL', '%', []],
  ])('finds %s', async (_, q, ids) => {
    expect(await idsOf({ q })).toEqual(ids)
  })

  it('filters by time and type', async () => {
    const from = new Date(noon + 1).toISOString()
    const to = new Date(noon + 4).toISOString()
    const deviceId = (await list({ type: 'door' })).items.at(-1)!.deviceId
    expect(await idsOf({ from, to, deviceId })).toEqual(['d-1', 'p-1'])
    expect(await idsOf({ from, to, type: 'door' })).toEqual(['d-1'])
  })

  it('refuses a cursor that is none', async () => {
    await expect(list({ cursor: '1.x.1' })).rejects.toMatchObject({ code: 'events.cursor_invalid' })
  })

  it('counts by the days of the project', async () => {
    const mine = await createProject(hub, 'Pacific/Auckland')
    const far = await startTestGateway(hub, engineer, mine)
    await far.sendCatalogue([{ key: 'terminal', points: [] }])
    // 23:30 and 00:30 in Auckland in its summer, when it is 13 hours ahead
    const midnight = Math.floor(Date.now() / DAY - 3) * DAY + 11 * HOUR
    const today = Date.now()
    await far.send(
      [],
      [],
      [access('m-1', midnight - HOUR / 2), access('m-2', midnight + HOUR / 2), access('t', today)],
    )
    const days = await engineer.call('GET /api/events/summary', { query: { projectId: mine, days: 31 } })
    const expected = await hub.hub.db.pool.query<{ day: string; count: number }>(
      `select (at at time zone 'Pacific/Auckland')::date::text as day, count(*)::int as count from access_event
       where project_id = $1 and at > now() - interval '30 days' group by 1 order by 1`,
      [mine],
    )
    expect(days).toEqual(expected.rows.map((row) => ({ ...row, type: 'access' })))
    await far.stop()
  })

  it('shows nothing of other projects', async () => {
    const stranger = await hub.as('engineer', [await createProject(hub)])
    expect(await stranger.call('GET /api/events')).toEqual({ items: [], nextCursor: null })
    expect(await stranger.call('GET /api/events/summary')).toEqual([])
    await expect(stranger.call('GET /api/events', { query: { projectId } })).rejects.toMatchObject({
      code: 'project.not_found',
    })
  })

  it('is told of new ones', async () => {
    const { heard, end } = listen()
    await gateway.send([], [], [access('live', noon + 6 * HOUR)])
    await expect.poll(() => heard.flatMap(({ types }) => types)).toContain('access')
    end()
  })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RouteBody } from '@courtyard/protocols/contract'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { subscribeForTest, toldEvents } from '../../platform/webhooks/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { chargingModule } from '../charging/index.ts'
import { BUILDING_TABLES, ROOM_TABLES } from './generation.repository.ts'
import { estateModule } from './index.ts'
import { meteringModule } from '../metering/index.ts'
import { partiesModule } from '../parties/index.ts'
import { roomsModule } from '../rooms/index.ts'

let hub: TestHub
let administrator: TestClient
beforeAll(async () => {
  hub = await startTestHub({
    modules: [accountsModule, estateModule, meteringModule, chargingModule, roomsModule, partiesModule],
  })
  administrator = await hub.as('administrator')
})
afterAll(() => hub.stop())

type Plan = RouteBody<'POST /api/projects/:id/generations'>
const tower = (changes: Partial<Plan> = {}): Plan => ({
  zone: { code: 'E', name: '东区' },
  buildings: { from: 1, to: 1, code: '{n}', name: '{n}栋' },
  units: { count: 1, name: '{n}单元' },
  floors: { from: 1, to: 30 },
  rooms: Array.from({ length: 4 }, () => ({ areaM2: '89.5' })),
  number: '{floor:2}{n:2}',
  ...changes,
})

let projects = 0
async function newProject(): Promise<string> {
  const body = { code: `structure-${++projects}`, name: '云庭' }
  return (await administrator.call('POST /api/projects', { body })).id
}
const generate = (id: string, body: Plan) =>
  administrator.call('POST /api/projects/:id/generations', { params: { id }, body })
const structure = (id: string, who = administrator) =>
  who.call('GET /api/projects/:id/structure', { params: { id } })
const undo = (id: string) => administrator.call('POST /api/generations/:id/undo', { params: { id } })

test('a tower of thirty floors; the same plan again makes nothing, a larger one what is missing', async () => {
  const id = await newProject()
  const types = ['zone.created', 'building.created', 'unit.created', 'room.created']
  await subscribeForTest(hub.hub.db.pool, types)
  const preview = await administrator.call('POST /api/projects/:id/generations/preview', {
    params: { id },
    body: tower(),
  })
  expect(preview).toMatchObject({ makes: { zones: 1, buildings: 1, units: 1, rooms: 120 }, existingRooms: 0 })
  expect(preview.buildings[0]!.floors[0]).toMatchObject({
    floor: 30,
    rooms: [{ code: '3001', exists: false }, {}, {}, {}],
  })
  expect(await generate(id, tower())).toMatchObject({ zones: 1, buildings: 1, units: 1, rooms: 120 })
  expect(await generate(id, tower())).toMatchObject({ zones: 0, buildings: 0, units: 0, rooms: 0 })
  const larger = tower({ floors: { from: 1, to: 31 } })
  const again = await administrator.call('POST /api/projects/:id/generations/preview', {
    params: { id },
    body: larger,
  })
  expect(again).toMatchObject({ makes: { rooms: 4 }, existingRooms: 120 })
  expect(await generate(id, larger)).toMatchObject({ rooms: 4 })
  expect(await structure(id)).toMatchObject({
    zones: [{ name: '东区' }],
    buildings: [{ name: '1栋', rooms: 124, occupied: 0 }],
  })
  const told = await Promise.all(types.map((type) => toldEvents(hub.hub.db.pool, type)))
  expect(told.map(({ length }) => length)).toEqual([1, 1, 1, 124])
  expect(told[3]![0]).toMatchObject({ projectId: id, data: { resource: 'room', action: 'generate' } })
})

test('two people press the button: every room is made once', async () => {
  const id = await newProject()
  const made = await Promise.all([1, 2, 3].map(() => generate(id, tower())))
  expect(made.map(({ rooms }) => rooms).sort((a, b) => a - b)).toEqual([0, 0, 120])
})

test('a run is taken back while nothing hangs on it', async () => {
  const id = await newProject()
  const made = await generate(id, tower())
  const { buildings } = await structure(id)
  const { rooms } = await administrator.call('GET /api/buildings/:id/section', {
    params: { id: buildings[0]!.id },
  })
  await administrator.call('POST /api/rooms/:id/household', {
    params: { id: rooms[0]!.id },
    body: { household: { accountNumber: 'A1', name: '张伟', kind: 'residential' } },
  })
  await expect(undo(made.id)).rejects.toMatchObject({
    code: 'generation.in_use',
    details: { uses: { household_room: 1 } },
  })
  expect((await structure(id)).buildings[0]).toMatchObject({ rooms: 120, occupied: 1 })

  const other = await generate(
    id,
    tower({ zone: null, buildings: { from: 2, to: 3, code: '{n}', name: '{n}栋' } }),
  )
  expect(await undo(other.id)).toMatchObject({ undoneAt: expect.any(String) })
  expect(await undo(other.id)).toMatchObject({ rooms: 240 })
  expect((await structure(id)).buildings.map(({ code }) => code)).toEqual(['1'])
})

test('every column that names a room or a building keeps a run from being taken back', async () => {
  const { rows } = await hub.hub.db.pool.query<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
     where table_schema = 'public' and column_name ~ '(^|_)(room|building)_id$' and column_name <> 'generation_id'`,
  )
  const known = new Set([...ROOM_TABLES, ...BUILDING_TABLES].map(([table, column]) => `${table}.${column}`))
  // Tables whose rows lie in a room that is listed already, or are looked at in another way
  const covered = ['room.building_id', 'unit.building_id']
  const byRoom = new Set(ROOM_TABLES.map(([table]) => `${table}.building_id`))
  const missing = rows
    .map(({ table, column }) => `${table}.${column}`)
    .filter((name) => !known.has(name) && !covered.includes(name) && !byRoom.has(name))
  expect(missing).toEqual([])
})

test('rooms are found by number, building and who lives there, one word or several', async () => {
  const id = await newProject()
  await generate(id, tower())
  const find = async (q: string) =>
    administrator.call('GET /api/projects/:id/room-search', { params: { id }, query: { q } })
  expect((await find('1栋 3004')).map(({ code }) => code)).toEqual(['3004'])
  expect(await find('%')).toEqual([])
  expect((await find('30')).length).toBeGreaterThanOrEqual(4)
})

test('who keeps one building sees that one, and cannot change the project', async () => {
  const id = await newProject()
  await generate(
    id,
    tower({
      zone: null,
      floors: { from: 1, to: 2 },
      buildings: { from: 1, to: 2, code: '{n}', name: '{n}栋' },
    }),
  )
  const [first, second] = (await structure(id)).buildings
  const keeper = await hub.as('manager', undefined, { buildingIds: [first!.id] })
  expect((await structure(id, keeper)).buildings.map(({ code }) => code)).toEqual(['1'])
  const hits = await keeper.call('GET /api/projects/:id/room-search', {
    params: { id },
    query: { q: '0101' },
  })
  expect(hits.map(({ building }) => building.id)).toEqual([first!.id])
  await expect(
    keeper.call('GET /api/buildings/:id/section', { params: { id: second!.id } }),
  ).rejects.toMatchObject({
    code: 'not_found',
  })
})

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

test('a floor gets a picture with rooms drawn on it; whoever comes second is told', async () => {
  const id = await newProject()
  await generate(id, tower({ floors: { from: 1, to: 2 } }))
  const building = (await structure(id)).buildings[0]!
  const { rooms } = await administrator.call('GET /api/buildings/:id/section', {
    params: { id: building.id },
  })
  const params = { id: building.id, floor: 1 }
  expect(await administrator.call('GET /api/buildings/:id/floor-plans/:floor', { params })).toBeNull()
  const put = (base64: string) =>
    administrator.call('PUT /api/buildings/:id/floor-plans/:floor/picture', { params, body: { base64 } })
  await expect(put(Buffer.from('<svg onload="alert(1)"></svg>').toString('base64'))).rejects.toMatchObject({
    code: 'file.refused',
  })
  const plan = await put(PNG)
  expect(plan).toMatchObject({ widthPx: 1, heightPx: 1, shapes: [] })
  const picture = await hub.app.inject({ url: plan.pictureUrl, headers: administrator.headers })
  expect(picture.headers['content-type']).toBe('image/png')
  // Written anew, so of other bytes
  expect(picture.rawPayload.toString('latin1', 1, 4)).toBe('PNG')

  const onFirst = rooms.find(({ floor }) => floor === 1)!
  const elsewhere = rooms.find(({ floor }) => floor === 2)!
  const points: [number, number][] = [
    [0, 0],
    [5000, 0],
    [5000, 10_000],
  ]
  const draw = (roomId: string, version: number) =>
    administrator.call('PUT /api/buildings/:id/floor-plans/:floor/shapes', {
      params,
      body: { version, shapes: [{ roomId, points }] },
    })
  await expect(draw(elsewhere.id, plan.version)).rejects.toMatchObject({ code: 'input.invalid' })
  expect(await draw(onFirst.id, plan.version)).toMatchObject({ shapes: [{ roomId: onFirst.id, points }] })
  await expect(draw(onFirst.id, plan.version)).rejects.toMatchObject({ code: 'plan.changed' })
  const stranger = await hub.as('manager', [await newProject()])
  expect((await hub.app.inject({ url: plan.pictureUrl, headers: stranger.headers })).statusCode).toBe(404)
})

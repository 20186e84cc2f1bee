import { afterAll, beforeAll, expect, test } from 'vitest'
import { manualClock } from '../../platform/clock.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { estateModule } from './index.ts'
import { accountsModule } from '../accounts/index.ts'

const clock = manualClock('2026-03-01T00:00:00Z')
let hub: TestHub
let administrator: TestClient
beforeAll(async () => {
  hub = await startTestHub({ modules: [accountsModule, estateModule], clock })
  administrator = await hub.as('administrator')
})
afterAll(() => hub.stop())

const HEAD = 'building,buildingName,room,kind,floor,areaM2,accountNumber,householdName,householdKind'
let projects = 0
async function newProject(): Promise<string> {
  const { id } = await administrator.call('POST /api/projects', {
    body: { code: `p${++projects}`, name: '云庭' },
  })
  return id
}
function importRooms(id: string, rows: string[], dryRun = false) {
  const body = [HEAD, ...rows].join('\r\n')
  return administrator.call('POST /api/projects/:id/rooms/import', {
    params: { id },
    query: { dryRun: String(dryRun) },
    body,
  })
}
const buildingsOf = (id: string) => administrator.call('GET /api/projects/:id/buildings', { params: { id } })

const SITE = [
  '1,一号楼,101,flat,1,89.50,A101,张伟,residential',
  '1,,102,flat,1,89.5,A102,"王, 芳",residential',
  '2,二号楼,S1,shop,,120,S01,便利店,commercial',
  '2,,L,common,,,,,',
]

test('a file makes the estate; the same file again changes nothing', async () => {
  const id = await newProject()
  expect(await importRooms(id, SITE)).toEqual({ dryRun: false, rows: 4, created: 4, updated: 0, errors: [] })
  const buildings = await buildingsOf(id)
  expect(buildings.map(({ code, name, rooms }) => [code, name, rooms.length])).toEqual([
    ['1', '一号楼', 2],
    ['2', '二号楼', 2],
  ])
  expect(buildings[0]!.rooms[1]).toMatchObject({
    code: '102',
    floor: 1,
    areaM2: '89.5',
    household: { accountNumber: 'A102', name: '王, 芳' },
  })
  expect(buildings[1]!.rooms[0]).toMatchObject({
    code: 'L',
    kind: 'common',
    floor: null,
    areaM2: null,
    household: null,
  })
  expect(await importRooms(id, SITE)).toMatchObject({ created: 0, updated: 0 })
  expect(await buildingsOf(id)).toEqual(buildings)
})

test('a dry run tells what would happen and does nothing', async () => {
  const id = await newProject()
  expect(await importRooms(id, SITE, true)).toMatchObject({
    dryRun: true,
    created: 4,
    updated: 0,
    errors: [],
  })
  expect(await buildingsOf(id)).toEqual([])
})

test('one wrong cell and nothing is stored', async () => {
  const id = await newProject()
  const result = await importRooms(id, [...SITE, '1,,101,flat,1,1,,,', '3,,1,castle,high,-5,,,'])
  expect(result).toMatchObject({ created: 0, updated: 0 })
  expect(result.errors.map(({ row, column }) => [row, column])).toEqual([
    [7, 'kind'],
    [7, 'floor'],
    [7, 'areaM2'],
  ])
  expect((await importRooms(id, [...SITE, '1,,101,flat,1,1,,,'])).errors).toMatchObject([
    { row: 6, column: 'room' },
  ])
  expect(await buildingsOf(id)).toEqual([])
})

test('who moves out and in leaves a history without overlap', async () => {
  const id = await newProject()
  await importRooms(id, SITE)
  const moveIn = (account: string, name: string) =>
    importRooms(id, [`1,,101,flat,1,89.5,${account},${name},residential`])
  expect(await moveIn('A900', '李娜')).toMatchObject({ created: 0, updated: 1 })
  expect(await moveIn('A901', '赵磊')).toMatchObject({ updated: 1 })
  clock.advance(1_000)
  expect(await importRooms(id, ['1,,101,flat,1,89.5,,,'])).toMatchObject({ updated: 1 })
  const { rows } = await hub.hub.db.pool.query<{ account: string; from_at: Date; to_at: Date | null }>(
    `SELECT h.account_number AS account, s.from_at, s.to_at FROM household_room s
     JOIN household h ON h.id = s.household_id JOIN room r ON r.id = s.room_id
     WHERE r.project_id = $1 AND r.code = '101' ORDER BY s.from_at`,
    [id],
  )
  expect(rows.map((row) => row.account)).toEqual(['A101', 'A900', 'A901'])
  expect(rows[0]!.from_at).toEqual(new Date(0))
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1]
    if (next) expect(row.to_at).toEqual(next.from_at)
    else expect(row.to_at).not.toBeNull()
  }
})

test('households are searched, sorted and paged', async () => {
  const id = await newProject()
  await importRooms(id, SITE)
  const list = (query: object) =>
    administrator.call('GET /api/projects/:id/households', { params: { id }, query })
  const first = await list({ sort: '-accountNumber', pageSize: 2 })
  expect(first).toMatchObject({ total: 3, page: 1, pageSize: 2 })
  expect(first.items.map((one) => one.accountNumber)).toEqual(['S01', 'A102'])
  expect((await list({ q: '102' })).items).toMatchObject([
    { accountNumber: 'A102', rooms: [{ building: '一号楼', code: '102' }] },
  ])
  expect((await list({ q: '%' })).total).toBe(0)
})

test('a project has its own code and a time zone that exists', async () => {
  const make = (body: { code: string; name: string; timeZone?: string }) =>
    administrator.call('POST /api/projects', { body })
  await make({ code: 'once', name: 'x' })
  await expect(make({ code: 'once', name: 'y' })).rejects.toMatchObject({ code: 'project.code_taken' })
  await expect(make({ code: 'moon', name: 'x', timeZone: 'Moon/Tycho' })).rejects.toMatchObject({
    code: 'input.invalid',
    details: { issues: [{ path: 'timeZone' }] },
  })
})

test('two imports at the same time follow one another', async () => {
  const id = await newProject()
  const results = await Promise.all([1, 2, 3, 4].map(() => importRooms(id, SITE)))
  expect(results.map((result) => result.created).sort()).toEqual([0, 0, 0, 4])
})

test('ten thousand rooms in one file', async () => {
  const id = await newProject()
  const rows = Array.from(
    { length: 10_000 },
    (_, n) => `${n % 50},,${n},flat,1,80.25,A${n},Family ${n},residential`,
  )
  const started = performance.now()
  expect(await importRooms(id, rows)).toMatchObject({ created: 10_000, errors: [] })
  expect(performance.now() - started).toBeLessThan(10_000)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  checkRows,
  plainDecimal,
  planImport,
  type Estate,
  type ImportPlan,
  type RoomRow,
} from './room-import.ts'

const empty: Estate = {
  buildings: [],
  rooms: [],
  households: [],
  occupants: new Map(),
  everOccupied: new Set(),
}
const numbered = (rows: RoomRow[]) => rows.map((value, index) => ({ row: index + 2, value }))
const idMaker = (prefix = 'id') => {
  let next = 1
  return () => `${prefix}${next++}`
}
const flat = (room: string, change: Partial<RoomRow> = {}): RoomRow => ({
  building: 'B1',
  buildingName: 'One',
  room,
  kind: 'flat',
  floor: 3,
  areaM2: '80.50',
  accountNumber: `A-${room}`,
  householdName: `Family ${room}`,
  householdKind: 'residential',
  ...change,
})

/** The estate after a plan was carried out. */
function applied(estate: Estate, plan: ImportPlan): Estate {
  const merge = <T extends { id: string }>(
    known: readonly T[],
    { created, changed }: { created: T[]; changed: T[] },
  ) => [...new Map([...known, ...created, ...changed].map((record) => [record.id, record])).values()]
  const occupants = new Map(estate.occupants)
  for (const { roomId } of plan.movedOut) occupants.delete(roomId)
  for (const { roomId, householdId } of plan.movedIn) occupants.set(roomId, householdId)
  return {
    buildings: merge(estate.buildings, plan.buildings),
    rooms: merge(estate.rooms, plan.rooms),
    households: merge(estate.households, plan.households),
    occupants,
    everOccupied: new Set([...estate.everOccupied, ...plan.movedIn.map((move) => move.roomId)]),
  }
}

test('an empty project gets buildings, rooms and households, each once', () => {
  const rows = [
    flat('101'),
    flat('102', { accountNumber: 'A-101', householdName: 'Family 101' }),
    flat('103', { accountNumber: undefined, householdName: undefined, householdKind: undefined }),
  ]
  const plan = planImport(numbered(rows), empty, idMaker())
  expect(plan.buildings.created).toEqual([{ id: 'id1', code: 'B1', name: 'One' }])
  expect(plan.rooms.created.map((room) => [room.code, room.areaM2, room.floor])).toEqual([
    ['101', '80.5', 3],
    ['102', '80.5', 3],
    ['103', '80.5', 3],
  ])
  expect(plan.households.created).toHaveLength(1)
  expect(plan.movedIn.map((move) => move.since)).toEqual(['always', 'always'])
  expect([plan.createdRows, plan.updatedRows]).toEqual([3, 0])
})

test('a new family moves in now, the old one out; an empty cell is an empty room', () => {
  const before = applied(empty, planImport(numbered([flat('101'), flat('102')]), empty, idMaker()))
  const next = [
    flat('101', { accountNumber: 'NEW', householdName: 'Li' }),
    flat('102', { accountNumber: undefined, householdName: undefined, householdKind: undefined }),
  ]
  const plan = planImport(numbered(next), before, idMaker('new'))
  expect(plan.movedOut).toHaveLength(2)
  expect(plan.movedIn).toEqual([{ roomId: before.rooms[0]!.id, householdId: 'new1', since: 'now' }])
  expect([plan.createdRows, plan.updatedRows]).toEqual([0, 2])
})

test('property: importing twice changes nothing the second time, and rooms not in the file stay', () => {
  const row = fc.record({
    building: fc.constantFrom('B1', 'B2'),
    room: fc.constantFrom('1', '2', '3', '4'),
    kind: fc.constantFrom('flat' as const, 'shop' as const, 'common' as const),
    floor: fc.option(fc.integer({ min: -2, max: 40 }), { nil: undefined }),
    areaM2: fc.option(fc.constantFrom('80', '80.5', '80.50', '0080.50'), { nil: undefined }),
    household: fc.option(fc.constantFrom('x', 'y', 'z'), { nil: undefined }),
  })
  const file = fc
    .uniqueArray(row, { selector: (one) => `${one.building}/${one.room}`, maxLength: 8 })
    .map((rows) =>
      numbered(
        rows.map(({ household, ...rest }) => ({
          ...rest,
          accountNumber: household,
          householdName: household,
          householdKind: household === undefined ? undefined : ('residential' as const),
        })),
      ),
    )
  fc.assert(
    fc.property(file, file, (first, second) => {
      expect(checkRows(second)).toEqual([])
      const before = applied(empty, planImport(first, empty, idMaker('a')))
      const after = applied(before, planImport(second, before, idMaker('b')))
      const again = planImport(second, after, idMaker('c'))
      expect([again.createdRows, again.updatedRows, again.movedIn, again.movedOut]).toEqual([0, 0, [], []])
      expect(new Set(after.rooms.map((room) => room.id))).toEqual(
        new Set([...before.rooms, ...after.rooms].map((room) => room.id)),
      )
    }),
  )
})

test('rows that contradict each other are named', () => {
  const rows = numbered([
    flat('101'),
    flat('101'),
    flat('102', { buildingName: 'Uno' }),
    flat('103', { accountNumber: 'A-101', householdName: 'Other', householdKind: 'property' }),
    flat('104', { accountNumber: undefined }),
    flat('105', { householdName: undefined }),
  ])
  expect(checkRows(rows).map(({ row, column }) => [row, column])).toEqual([
    [3, 'room'],
    [4, 'buildingName'],
    [5, 'householdName'],
    [5, 'householdKind'],
    [6, 'accountNumber'],
    [7, 'householdName'],
  ])
})

test('equal areas are equal however they are written', () => {
  expect(['0080.50', '80.5', '80', '0.0', '00'].map(plainDecimal)).toEqual(['80.5', '80.5', '80', '0', '0'])
})

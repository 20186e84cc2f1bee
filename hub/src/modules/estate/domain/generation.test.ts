import { GenerationPlan } from '@courtyard/protocols/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fill, numbersOf, planGeneration } from './generation.ts'

const tower = (changes: object = {}): GenerationPlan =>
  GenerationPlan.parse({
    buildings: { from: 1, to: 1, code: '{n}', name: '{n}栋' },
    units: { count: 1, name: '{n}单元' },
    floors: { from: 1, to: 30 },
    rooms: Array.from({ length: 4 }, () => ({ areaM2: '89.5' })),
    number: '{floor:2}{n:2}',
    ...changes,
  })

test('a tower of thirty floors with four rooms each', () => {
  const { buildings } = planGeneration(tower())
  expect(buildings).toHaveLength(1)
  const { rooms } = buildings[0]!
  expect(rooms).toHaveLength(120)
  expect(rooms[0]).toMatchObject({ code: '0101', floor: 1, unit: 0, kind: 'flat', areaM2: '89.5' })
  expect(rooms.at(-1)).toMatchObject({ code: '3004', floor: 30 })
})

test('floors that nobody wants to live on are left out', () => {
  expect(numbersOf({ from: 1, to: 19, skip: [4, 13, 14, 18] })).toEqual([
    1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17, 19,
  ])
})

test('basements lie below the ground and in no unit', () => {
  const { buildings } = planGeneration(
    tower({ basement: { levels: 2, roomsPerLevel: 3, kind: 'parking', number: '{floor}-{n:3}' } }),
  )
  const below = buildings[0]!.rooms.filter(({ floor }) => floor < 0)
  expect(below.map(({ code }) => code)).toEqual(['B1-001', 'B1-002', 'B1-003', 'B2-001', 'B2-002', 'B2-003'])
  expect(new Set(below.map(({ floor, unit }) => `${floor} ${unit}`))).toEqual(new Set(['-1 null', '-2 null']))
})

test.each([
  [{ units: { count: 2, name: '{n}' } }, 'number', 'generation.same_number'],
  [{ number: '{level}{n}' }, 'number', 'generation.unknown_placeholder'],
  [{ floors: { from: 4, to: 4, skip: [4] } }, 'floors.to', 'generation.no_numbers'],
  [{ buildings: { from: 2, to: 1, code: '{n}', name: 'x' } }, 'buildings.to', 'generation.no_numbers'],
  [{ buildings: { from: 1, to: 2, code: 'A', name: 'x' } }, 'buildings.code', 'generation.same_code'],
  [{ buildings: { from: 1, to: 999, code: '{n}', name: 'x' } }, 'rooms', 'generation.too_many'],
])('a plan that cannot be made is refused where it is wrong: %o', (changes, path, code) => {
  const { faults } = planGeneration(tower(changes))
  expect(faults).toMatchObject([{ path, reason: { code } }])
})

test('a pattern pads, and leaves longer numbers whole', () => {
  expect(fill('{unit}-{floor:2}{n:2}', { unit: 3, floor: 112, n: 7 })).toBe('3-11207')
})

test('numbers of a building never repeat, whatever the plan', () => {
  const plans = fc.record({
    units: fc.integer({ min: 0, max: 4 }),
    floors: fc.integer({ min: 1, max: 40 }),
    rooms: fc.integer({ min: 1, max: 12 }),
    number: fc.constantFrom('{unit}{floor}{n}', '{unit}{floor:2}{n:2}', '{floor}{n}', '{unit}-{floor}-{n}'),
  })
  fc.assert(
    fc.property(plans, ({ units, floors, rooms, number }) => {
      const { buildings, faults } = planGeneration(
        tower({
          units: { count: units, name: '{n}' },
          floors: { from: 1, to: floors },
          rooms: Array.from({ length: rooms }, () => ({})),
          number,
        }),
      )
      for (const { rooms: made } of buildings)
        expect(new Set(made.map(({ code }) => code)).size).toBe(made.length)
      expect(buildings.length + faults.length).toBeGreaterThan(0)
    }),
  )
})

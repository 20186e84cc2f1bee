import { expect, test } from 'vitest'
import { fitRooms, newPlan, numbersIn } from './wizard-plan.ts'

test('numbers to leave out may be written as people write them', () => {
  expect(numbersIn('4, 13、14 18；')).toEqual([4, 13, 14, 18])
  expect(numbersIn('')).toEqual([])
})

test('more rooms on a floor are like the last one', () => {
  const { values, toPlan } = newPlan()
  values.rooms[3]!.areaM2 = '120.5'
  values.roomsPerFloor = 6
  fitRooms(values)
  expect(toPlan(values).rooms.map(({ areaM2 }) => areaM2)).toEqual([
    null,
    null,
    null,
    '120.5',
    '120.5',
    '120.5',
  ])
  values.roomsPerFloor = 2
  fitRooms(values)
  expect(toPlan(values).rooms).toHaveLength(2)
})

test('without basements and zone the plan has none', () => {
  const { values, toPlan } = newPlan()
  expect(toPlan(values)).toMatchObject({ zone: null, basement: null, floors: { from: 1, to: 30, skip: [] } })
  values.basements = 2
  values.zoneCode = 'E'
  expect(toPlan(values)).toMatchObject({ zone: { code: 'E', name: 'E' }, basement: { levels: 2 } })
})

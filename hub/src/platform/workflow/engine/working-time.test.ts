import { expect, it } from 'vitest'
import { deadlineAt } from './working-time.ts'

const week = { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }
const at = (from: string, hours: number, working = true, zone = 'Asia/Shanghai', time = week) =>
  deadlineAt(new Date(from), { hours, working }, time, zone).toISOString()

it.each([
  // Friday 10:00 there
  ['2026-11-20T02:00:00.000Z', 8, '2026-11-20T10:00:00.000Z'],
  ['2026-11-20T02:00:00.000Z', 9, '2026-11-23T02:00:00.000Z'],
  ['2026-11-20T02:00:00.000Z', 18, '2026-11-24T02:00:00.000Z'],
  // Friday 20:00, Sunday noon and Monday 08:00: all of them begin on Monday at nine
  ['2026-11-20T12:00:00.000Z', 1, '2026-11-23T02:00:00.000Z'],
  ['2026-11-22T04:00:00.000Z', 1, '2026-11-23T02:00:00.000Z'],
  ['2026-11-23T00:00:00.500Z', 1, '2026-11-23T02:00:00.000Z'],
])('from %s %d working hours end at %s', (from, hours, expected) => {
  expect(at(from, hours)).toBe(expected)
})

it('goes by the clock on the wall when it changes', () => {
  // 29 March 2026, a Sunday: the night is an hour shorter
  const daily = { days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '06:00' }
  expect(at('2026-03-28T22:00:00.000Z', 6, true, 'Europe/Berlin', daily)).toBe('2026-03-29T23:00:00.000Z')
})

it('counts all hours otherwise', () => {
  expect(at('2026-11-20T02:00:00.123Z', 24, false)).toBe('2026-11-21T02:00:00.123Z')
})

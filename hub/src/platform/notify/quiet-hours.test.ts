import { expect, test } from 'vitest'
import { messageRetries } from '../retry.ts'
import { latest, quietUntil } from './quiet-hours.ts'

const SHANGHAI = 'Asia/Shanghai'
const night = { from: '22:00', to: '08:00' }
const until = (at: string, zone: string, quiet: { from: string; to: string }) =>
  quietUntil(new Date(at), zone, quiet)?.toISOString() ?? null

test('quiet over midnight: before it, after it, and at both ends', () => {
  expect(until('2026-11-22T13:59:59Z', SHANGHAI, night)).toBeNull()
  expect(until('2026-11-22T14:00:00Z', SHANGHAI, night)).toBe('2026-11-23T00:00:00.000Z')
  expect(until('2026-11-22T17:30:00Z', SHANGHAI, night)).toBe('2026-11-23T00:00:00.000Z')
  expect(until('2026-11-23T00:00:00Z', SHANGHAI, night)).toBeNull()
})

test('quiet within a day', () => {
  const noon = { from: '12:00', to: '14:00' }
  expect(until('2026-11-22T04:30:00Z', SHANGHAI, noon)).toBe('2026-11-22T06:00:00.000Z')
  expect(until('2026-11-22T06:00:00Z', SHANGHAI, noon)).toBeNull()
  expect(quietUntil(new Date(), SHANGHAI, null)).toBeNull()
})

test('the end is on the clock of the place, also when the clock is changed meanwhile', () => {
  // Europe puts its clocks back on 25 October 2026: this night is an hour longer
  expect(until('2026-10-24T21:00:00Z', 'Europe/Berlin', night)).toBe('2026-10-25T07:00:00.000Z')
  expect(until('2026-10-23T21:00:00Z', 'Europe/Berlin', night)).toBe('2026-10-24T06:00:00.000Z')
  // An end in the hour that is gone through twice is in the future both times
  const late = { from: '23:00', to: '02:30' }
  for (const at of ['2026-10-25T00:15:00Z', '2026-10-25T01:15:00Z']) {
    expect(quietUntil(new Date(at), 'Europe/Berlin', late)!.getTime()).toBeGreaterThan(Date.parse(at))
  }
})

test('of several wishes the longest counts', () => {
  const [a, b] = [new Date(1_000), new Date(2_000)]
  expect(latest([a, null, b])).toEqual(b)
  expect(latest([null])).toBeNull()
})

test('pauses grow, then it is over', () => {
  const now = new Date('2026-11-22T00:00:00Z')
  const pauses = Array.from(
    { length: messageRetries.mostAttempts - 1 },
    (_, i) => messageRetries.nextTry(i + 1, now)!.getTime() - now.getTime(),
  )
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b))
  expect(pauses[0]).toBe(60_000)
  expect(messageRetries.nextTry(messageRetries.mostAttempts, now)).toBeNull()
})

import type { PhonePoint } from '@courtyard/protocols/contract'
import { expect, test } from 'vitest'
import { doubtOf, expectedRange, fitsDisplay } from './plausible.ts'

const DAY = 86_400_000
const now = Date.UTC(2026, 10, 30)
const point = {
  register: { places: 1, end: '1000.0', maxPerHour: '5.0', jitter: '0.0', perDay: '0.5' },
  lastRead: { at: new Date(now - 30 * DAY).toISOString(), index: '100.0' },
} as PhonePoint

test('a month at half a cubic metre a day: from half to double of it is usual', () => {
  expect(expectedRange(point, now)).toEqual({ from: '107.5', to: '130.1' })
  expect(doubtOf(point, '115', now)).toBeNull()
  expect(doubtOf(point, '107.4', now)).toBe('unusual')
  expect(doubtOf(point, '131', now)).toBe('unusual')
})

test('what the meter cannot have counted, and what went back', () => {
  expect(doubtOf(point, '99.9', now)).toBe('back')
  const yesterday = {
    register: { ...point.register!, perDay: null },
    lastRead: { at: new Date(now - DAY).toISOString(), index: '100.0' },
  } as PhonePoint
  expect(doubtOf(yesterday, '220.1', now)).toBeNull()
  expect(doubtOf(yesterday, '220.2', now)).toBe('tooMuch')
})

test('over the top of the register', () => {
  const full = { ...point, lastRead: { ...point.lastRead!, index: '990.0' } }
  expect(expectedRange(full, now)).toEqual({ from: '997.5', to: '20.1' })
  expect(doubtOf(full, '5', now)).toBeNull()
  expect(doubtOf(full, '21', now)).toBe('unusual')
})

test('only what the display can show', () => {
  expect(['999.9', '0', '1000', '1.25', '', '-1', '1e3'].map((text) => fitsDisplay(point, text))).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})

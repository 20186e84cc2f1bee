import { expect, test } from 'vitest'
import { lockMs } from './lockout.ts'

const minutes = (failures: number) => lockMs(failures) / 60_000

test('four wrong passwords are forgiven, the fifth locks for a quarter of an hour, each more doubles it', () => {
  expect([0, 1, 4, 5, 6, 7].map(minutes)).toEqual([0, 0, 0, 15, 30, 60])
})

test('an account is never locked for more than a day', () => {
  expect(minutes(12)).toBe(24 * 60)
  expect(minutes(5_000)).toBe(24 * 60)
})

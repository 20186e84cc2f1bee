import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mostIn, stepFault } from './plausibility.ts'

const HOUR = 3_600_000
const register = { modulus: 100_000n, maxPerHour: 60n, jitter: 2n }

test.each([
  ['forward within what the meter counts', 100n, 160n, HOUR, null],
  ['one unit more: the last digit may just have turned', 100n, 161n, HOUR, null],
  ['more than that', 100n, 162n, HOUR, 'tooMuch'],
  ['a trembling display', 100n, 98n, HOUR, null],
  ['back', 100n, 97n, HOUR, 'back'],
  ['over the top', 99_990n, 20n, HOUR, null],
  ['over the top, faster than the meter counts', 99_990n, 80n, HOUR, 'back'],
] as const)('%s', (_name, from, to, elapsedMs, fault) => {
  expect(stepFault(register, from, to, elapsedMs)).toBe(fault)
})

test('property: whatever a meter can count in the time is possible, from any index and over the top', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 99_999n), fc.integer({ min: 0, max: 500 * HOUR }), (from, elapsedMs) => {
      const to = (from + mostIn(register, elapsedMs)) % register.modulus
      expect(stepFault(register, from, to, elapsedMs)).toBeNull()
    }),
  )
})

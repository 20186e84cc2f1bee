import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitByLargestRemainder } from './apportion.ts'
import { parseFixed } from './fixed.ts'

const rooms = (...weights: [string, bigint][]) => weights.map(([code, weight]) => ({ code, weight }))

describe('splitByLargestRemainder', () => {
  it('worked example 5: the first by code takes the cent', () => {
    expect(
      splitByLargestRemainder(parseFixed('100.00', 2), rooms(['103', 50n], ['101', 50n], ['102', 50n])),
    ).toEqual([3333n, 3334n, 3333n])
  })

  it('gives nothing to a weight of 0 and refuses when there is nobody to give to', () => {
    expect(splitByLargestRemainder(7n, rooms(['a', 0n], ['b', 3n]))).toEqual([0n, 7n])
    expect(() => splitByLargestRemainder(7n, rooms(['a', 0n]))).toThrow(RangeError)
    expect(() => splitByLargestRemainder(-7n, rooms(['a', 1n]))).toThrow(RangeError)
  })

  const shares = fc
    .array(
      fc.record({ code: fc.string({ maxLength: 3 }), weight: fc.bigInt({ min: 0n, max: 10n ** 12n }) }),
      { minLength: 1, maxLength: 30 },
    )
    .filter((list) => list.some(({ weight }) => weight > 0n))

  it('conserves the total, and no part is a unit away from its exact share', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), shares, (total, list) => {
        const parts = splitByLargestRemainder(total, list)
        const weights = list.reduce((all, { weight }) => all + weight, 0n)
        expect(parts.reduce((all, part) => all + part, 0n)).toBe(total)
        parts.forEach((part, index) => {
          const error = part * weights - total * list[index]!.weight
          expect(error < weights && error > -weights).toBe(true)
        })
      }),
    )
  })
})

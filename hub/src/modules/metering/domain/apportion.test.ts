import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apportion } from './apportion.ts'

describe('largest remainder', () => {
  it('gives left-over units to the largest remainders, ties to the earlier', () => {
    expect(apportion(10n, [1n, 1n, 1n])).toEqual([4n, 3n, 3n])
    expect(apportion(10n, [15n, 30n])).toEqual([3n, 7n])
    expect(apportion(2n, [1n, 1n, 1n, 1n])).toEqual([1n, 1n, 0n, 0n])
    expect(apportion(0n, [3n, 0n])).toEqual([0n, 0n])
  })

  it('refuses weights of which nothing can be made', () => {
    expect(() => apportion(1n, [0n, 0n])).toThrow(RangeError)
    expect(() => apportion(1n, [2n, -1n])).toThrow(RangeError)
  })

  it('always adds up, each share within one unit of its exact part', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), weights, (total, list) => {
        const sum = list.reduce((all, one) => all + one, 0n)
        fc.pre(sum > 0n)
        const shares = apportion(total, list)
        expect(shares.reduce((all, one) => all + one, 0n)).toBe(total)
        for (const [i, share] of shares.entries()) {
          expect(share * sum <= total * list[i]! + sum && share * sum >= total * list[i]! - sum).toBe(true)
        }
      }),
    )
  })
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decimalOf, formatDecimal, mantissaAt, parseDecimal, rescale, roundTo } from './decimal.ts'

it('reads and writes plain decimals, without zeros that carry nothing', () => {
  expect(parseDecimal('12.3400')).toEqual({ mantissa: 1234n, scale: 2 })
  expect(parseDecimal('-0.05')).toEqual({ mantissa: -5n, scale: 2 })
  expect([parseDecimal('1e3'), parseDecimal(''), parseDecimal('.5')]).toEqual([null, null, null])
  expect([formatDecimal(5n, 3), formatDecimal(-1234n, 2), formatDecimal(7n, 0)]).toEqual([
    '0.005',
    '-12.34',
    '7',
  ])
})

it('never loses a digit silently', () => {
  expect(mantissaAt(decimalOf('1.25'), 1)).toBeNull()
  expect(mantissaAt(decimalOf('1.25'), 4)).toBe(12_500n)
  expect(() => rescale(125n, 2, 1)).toThrow(RangeError)
  expect([roundTo(decimalOf('1.25'), 1), roundTo(decimalOf('-1.25'), 1)]).toEqual([13n, -13n])
})

it('gives back what it was given', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.nat(9), (mantissa, scale) => {
      expect(mantissaAt(decimalOf(formatDecimal(mantissa, scale)), scale)).toBe(mantissa)
    }),
  )
})

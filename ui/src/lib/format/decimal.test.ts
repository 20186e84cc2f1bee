import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDecimals, formatMoney, formatQuantity, MINUS, subtractDecimals } from './decimal.ts'

describe('formatMoney', () => {
  it.each([
    ['0', '0.00'],
    ['114.54', '114.54'],
    ['1234567.5', '1,234,567.50'],
    ['-20', `${MINUS}20.00`],
    ['0.1', '0.10'],
  ])('%s is written %s', (amount, text) => {
    expect(formatMoney(amount, 'zh-CN')).toBe(text)
    expect(formatMoney(amount, 'en')).toBe(text)
  })

  it('keeps digits that a float would lose', () => {
    expect(formatMoney('9007199254740993.01', 'en')).toBe('9,007,199,254,740,993.01')
    expect(formatMoney('114.535648', 'en')).toBe('114.535648')
  })

  it('shows what is unknown as a dash', () => {
    expect(formatMoney(null, 'en')).toBe('—')
  })

  it('writes every amount of cents exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (cents) => {
        const size = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
        const amount = `${cents < 0n ? '-' : ''}${size.slice(0, -2)}.${size.slice(-2)}`
        const back = formatMoney(amount, 'zh-CN').replaceAll(',', '').replace(MINUS, '-')
        expect(back === '-0.00' ? '0.00' : back).toBe(amount === '-0.00' ? '0.00' : amount)
      }),
    )
  })
})

describe('formatQuantity', () => {
  it('keeps the decimals of an index', () => {
    expect(formatQuantity('1000.00', 'en')).toBe('1,000.00')
    expect(formatQuantity('12', 'en')).toBe('12')
  })
  it('shortens for reading when asked', () => {
    expect(formatQuantity('1234.5678', 'en', 1)).toBe('1,234.6')
    expect(formatQuantity('3', 'en', 2)).toBe('3')
  })
})

describe('sums', () => {
  it('adds and subtracts across scales', () => {
    expect(addDecimals(['0.1', '0.2', '10'])).toBe('10.3')
    expect(addDecimals([])).toBe('0')
    expect(subtractDecimals('1234.56', '1000.00')).toBe('234.56')
    expect(subtractDecimals('1', '-1')).toBe('2')
    expect(addDecimals(['-0.05', '0.02'])).toBe('-0.03')
  })
})

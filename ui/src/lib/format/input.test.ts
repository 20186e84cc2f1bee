import { describe, expect, it } from 'vitest'
import { cleanDecimal } from './input.ts'

describe('cleanDecimal', () => {
  it.each([
    ['1,234.50', '1234.50'],
    [' 12 ', '12'],
    ['１２．５', '12.5'],
    ['.5', '0.5'],
    ['-3.', '-3'],
    ['−2.5', '-2.5'],
  ])('takes %j as %s', (typed, decimal) => expect(cleanDecimal(typed)).toBe(decimal))

  it.each(['', '-', '.', '1.2.3', '12kWh', '1e5', 'NaN'])('refuses %j', (typed) =>
    expect(cleanDecimal(typed)).toBeNull(),
  )
})

import { expect, it } from 'vitest'
import { decimalText } from './decimal-text.ts'

it.each([
  [12345, 2, '123.45'],
  [-5, 3, '-0.005'],
  [0, 2, '0.00'],
  [7, 0, '7'],
  [9007199254740991n, 9, '9007199.254740991'],
  ['-9007199254740991', 1, '-900719925474099.1'],
])('writes %s with %i places as %s', (mantissa, scale, text) => {
  expect(decimalText(mantissa, scale)).toBe(text)
})

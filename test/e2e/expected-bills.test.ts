import { expect, test } from 'vitest'
import { residentialElectricityCents, residentialWaterCents, yuan } from './expected-bills.ts'

test('the worked examples of the price lists', () => {
  expect(yuan(residentialElectricityCents(234_560_000n))).toBe('114.54')
  expect(yuan(residentialElectricityCents(450_500_000n))).toBe('243.13')
  expect(yuan(residentialWaterCents(180_500_000n))).toBe('903.50')
  expect(yuan(0n)).toBe('0.00')
})

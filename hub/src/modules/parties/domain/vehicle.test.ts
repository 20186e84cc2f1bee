import { expect, test } from 'vitest'
import { checkVehicle, endVehicle, plainPlate } from './vehicle.ts'

test('plates are the same however they are written', () => {
  expect(['浙A·12345', '浙a 12345', '浙Ａ１２３４５'].map(plainPlate)).toEqual(Array(3).fill('浙A12345'))
})

test('a registration ends after it began, once', () => {
  expect(checkVehicle({ from: '2026-03-01', to: '2026-03-01' })).toHaveLength(1)
  expect(checkVehicle({ from: '2026-03-01', to: null })).toEqual([])
  expect(endVehicle({ from: '2026-03-01', to: null }, { to: '2026-04-01' })).toEqual({ to: '2026-04-01' })
  expect(endVehicle({ from: '2026-03-01', to: '2026-03-02' }, { to: '2026-04-01' })).toHaveProperty('refused')
})

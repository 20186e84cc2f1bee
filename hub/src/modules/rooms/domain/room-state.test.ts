import { expect, test } from 'vitest'
import { roomState } from './room-state.ts'

const calm = { occupied: true, openAmount: null, devicesOffline: 0, heldReadings: 0 }

test('what is most urgent gives the colour', () => {
  expect(roomState(calm)).toBe('occupied')
  expect(roomState({ ...calm, occupied: false })).toBe('empty')
  expect(roomState({ ...calm, openAmount: '12.00' })).toBe('arrears')
  expect(roomState({ ...calm, openAmount: '12.00', heldReadings: 1 })).toBe('alarm')
  expect(roomState({ ...calm, occupied: false, devicesOffline: 2 })).toBe('alarm')
})

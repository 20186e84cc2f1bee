import type { RoomState } from '@courtyard/protocols/contract'

export interface RoomFacts {
  readonly occupied: boolean
  /** Decimal text; null when nothing is owed, or when who asks may not know. */
  readonly openAmount: string | null
  readonly devicesOffline: number
  readonly heldReadings: number
}

/** The most urgent that is true: how a room is coloured. */
export function roomState({ occupied, openAmount, devicesOffline, heldReadings }: RoomFacts): RoomState {
  if (devicesOffline + heldReadings > 0) return 'alarm'
  if (openAmount !== null) return 'arrears'
  return occupied ? 'occupied' : 'empty'
}

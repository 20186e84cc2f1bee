/** How the states of rooms look: always a colour, an icon and a word. */
import CircleAlert from '@lucide/svelte/icons/circle-alert'
import DoorOpen from '@lucide/svelte/icons/door-open'
import ReceiptText from '@lucide/svelte/icons/receipt-text'
import User from '@lucide/svelte/icons/user'
import type { RoomState, SectionRoom } from '@courtyard/protocols/contract'
import { m } from '#lib/paraglide/messages.js'

export const roomStates: readonly RoomState[] = ['occupied', 'empty', 'arrears', 'alarm']

export const stateWords: Readonly<Record<RoomState, () => string>> = {
  occupied: m.est_state_occupied,
  empty: m.est_state_empty,
  arrears: m.est_state_arrears,
  alarm: m.est_state_alarm,
}
export const stateHelp: Readonly<Record<RoomState, () => string>> = {
  occupied: m.est_state_occupied_help,
  empty: m.est_state_empty_help,
  arrears: m.est_state_arrears_help,
  alarm: m.est_state_alarm_help,
}
export const stateIcons = {
  occupied: User,
  empty: DoorOpen,
  arrears: ReceiptText,
  alarm: CircleAlert,
} as const
export const stateClasses: Readonly<Record<RoomState, string>> = {
  occupied: 'border-accent/40 bg-accent-soft',
  empty: 'border-dashed border-line-strong',
  arrears: 'border-attention/60 bg-attention-soft',
  alarm: 'border-fault/60 bg-fault-soft',
}
/** Of shapes on a plan: fill and stroke. */
export const stateColours: Readonly<Record<RoomState, string>> = {
  occupied: 'var(--accent)',
  empty: 'var(--ink-3)',
  arrears: 'var(--attention)',
  alarm: 'var(--fault)',
}

/** Where a click on a room leads. */
export const roomHref = (room: Pick<SectionRoom, 'id' | 'household'>): string =>
  room.household ? `/households/${room.household.id}` : `/rooms/${room.id}`

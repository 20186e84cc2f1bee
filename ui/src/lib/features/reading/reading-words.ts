import type {
  PhonePoint,
  ReadingConflict,
  ReadingPoint,
  UnreadableReason,
} from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { m } from '#lib/paraglide/messages.js'
import type { Doubt } from './plausible.ts'
import type { PointView } from './reading-app.svelte.ts'

export const unreadableWords: Readonly<Record<UnreadableReason, () => string>> = {
  noAccess: m.rr_unreadable_noAccess,
  broken: m.rr_unreadable_broken,
  notFound: m.rr_unreadable_notFound,
  blocked: m.rr_unreadable_blocked,
  unsafe: m.rr_unreadable_unsafe,
  other: m.rr_unreadable_other,
}
export const conflictWords: Readonly<Record<ReadingConflict, () => string>> = {
  meterReplaced: m.rr_conflict_meterReplaced,
  newerRead: m.rr_conflict_newerRead,
  reassigned: m.rr_conflict_reassigned,
  taskClosed: m.rr_conflict_taskClosed,
  noMeter: m.rr_conflict_noMeter,
  implausible: m.rr_conflict_implausible,
}
export const doubtWords: Readonly<Record<Doubt, () => string>> = {
  back: m.rr_doubt_back,
  tooMuch: m.rr_doubt_tooMuch,
  unusual: m.rr_doubt_unusual,
}
export const pointStateWords: Readonly<Record<PointView['state'], () => string>> = {
  open: m.rr_state_open,
  read: m.rr_state_read,
  unreadable: m.rr_state_unreadable,
  setAside: m.rr_state_set_aside,
  waiting: m.rr_state_waiting,
}
export const pointStateTone: Readonly<Record<PointView['state'], Tone>> = {
  open: 'neutral',
  read: 'ok',
  unreadable: 'attention',
  setAside: 'attention',
  waiting: 'accent',
}

/** Where a meter hangs, from the house to the room: `1栋 · 3 层 · 302`. */
export function placeText({ place, name }: Pick<ReadingPoint, 'place' | 'name'>): string {
  const parts = [
    place.building,
    place.floor === null ? null : m.rr_floor({ floor: place.floor }),
    place.room,
  ].filter((part) => part !== null)
  return parts.length > 0 ? parts.join(' · ') : name
}

/** What the display of a meter can show. */
export function displayText({ register }: PhonePoint): string {
  const places = register?.places ?? 0
  return register?.end ? m.rr_does_not_fit({ places, end: register.end }) : m.rr_does_not_fit_open({ places })
}

/** When a reading was taken, and whether it may count. Pure. */
import type { ReadingConflict, ReadingPointState } from '@courtyard/protocols/contract'

/** Below this, what is measured is the network and not the clock. */
const CLOCK_TOLERANCE_MS = 60_000

/** @returns when the reading was taken by the hub's clock, and how far the phone's is behind */
export function correctedInstant(
  takenAtMs: number,
  sentAtMs: number,
  receivedAtMs: number,
): { atMs: number; offsetMs: number } {
  const offsetMs = receivedAtMs - sentAtMs
  const atMs = Math.abs(offsetMs) > CLOCK_TOLERANCE_MS ? takenAtMs + offsetMs : takenAtMs
  return { atMs: Math.min(atMs, receivedAtMs), offsetMs }
}

export interface Circumstances {
  readonly isAssignee: boolean
  readonly withdrawn: boolean
  /** A register index, not a reason why there is none. */
  readonly isRead: boolean
  /** Of the meter that the reader had before him. */
  readonly serial: string
  /** The meter that hung there at the instant; null: none. */
  readonly installed: { readonly serial: string; readonly readLater: boolean } | null
}

/** Why an entry cannot simply be stored; null when it can. */
export function conflictOf(one: Circumstances): ReadingConflict | null {
  if (!one.isAssignee) return 'reassigned'
  if (one.withdrawn) return 'taskClosed'
  if (!one.isRead) return null
  if (!one.installed) return 'noMeter'
  if (one.installed.serial !== one.serial) return 'meterReplaced'
  if (one.installed.readLater) return 'newerRead'
  return null
}

/** Conflicts that the office can overrule: the reading is that of the meter it claims to be of. */
export const canBeAccepted = (conflict: ReadingConflict | null): boolean =>
  conflict !== 'meterReplaced' && conflict !== 'noMeter'

/** What becomes of a meter of a task; null: it stays as it is. */
export function nextState(
  now: ReadingPointState,
  entry: { isRead: boolean; conflict: ReadingConflict | null },
): ReadingPointState | null {
  // Somebody else walks it now: what the one before sent does not take it off his list
  if (entry.conflict === 'reassigned' || entry.conflict === 'taskClosed') return null
  if (entry.conflict !== null) return now === 'read' ? null : 'setAside'
  if (entry.isRead) return 'read'
  return now === 'read' ? null : 'unreadable'
}

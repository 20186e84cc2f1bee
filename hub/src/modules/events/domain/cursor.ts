/**
 * The place in a list that runs across the five tables, newest first: by instant, then by type, then by id.
 * As text `atMs.type.id`.
 */
import type { EventType } from '@courtyard/protocols/contract'
import { eventTypes } from './event-tables.ts'

export interface EventCursor {
  readonly atMs: number
  readonly type: EventType
  readonly id: string
}

/** Larger than any id. */
const BEYOND = '9223372036854775807'
const LATEST_MS = 8.64e15

export function cursorText({ atMs, type, id }: EventCursor): string {
  return `${atMs}.${type}.${id}`
}

/** Null when the text is no cursor. */
export function parseCursor(value: string): EventCursor | null {
  const match = /^(-?\d{1,16})\.([a-z]+)\.(\d{1,18})$/.exec(value)
  const type = eventTypes.find((known) => known === match?.[2])
  if (!match || !type || Math.abs(Number(match[1])) > LATEST_MS) return null
  return { atMs: Number(match[1]), type, id: match[3]! }
}

/** What comes after the cursor in the table of a type: rows with (at, id) below this pair. */
export function boundOf(cursor: EventCursor, type: EventType): { atMs: number; id: string } {
  const order = eventTypes.indexOf(type) - eventTypes.indexOf(cursor.type)
  return { atMs: cursor.atMs, id: order < 0 ? BEYOND : order > 0 ? '0' : cursor.id }
}

/** Sorts as the list runs. */
export function newestFirst(a: EventCursor, b: EventCursor): number {
  return (
    b.atMs - a.atMs ||
    eventTypes.indexOf(b.type) - eventTypes.indexOf(a.type) ||
    (BigInt(a.id) < BigInt(b.id) ? 1 : -1)
  )
}

/** What goes into the outbox in one piece, and how it is cut into batches. Pure. */
import type { DeviceEvent, Reading } from '@courtyard/protocols/contract'

export type Lane = 'live' | 'backlog'
export const laneCode: Record<Lane, number> = { live: 0, backlog: 1 }

/** What is written as a whole or not at all. */
export interface SealedContent {
  readonly readings?: readonly Reading[]
  readonly events?: readonly DeviceEvent[]
  /** By device; of several for one device the last counts. */
  readonly checkpoints?: readonly { readonly deviceKey: string; readonly text: string }[]
}

export interface BatchContent {
  readonly readings: readonly Reading[]
  readonly events: readonly DeviceEvent[]
}

/** More than this of one kind goes into further batches of the same transaction; the contract allows not much more. */
const MAX_READINGS = 10_000
const MAX_EVENTS = 1_000

/** A batch may be empty when it is the only one: it carries drop reports. */
export function cutIntoBatches({
  readings = [],
  events = [],
  checkpoints = [],
}: SealedContent): BatchContent[] {
  if (readings.length + events.length === 0) return checkpoints.length > 0 ? [] : [{ readings, events }]
  const batches: BatchContent[] = []
  const count = Math.max(Math.ceil(readings.length / MAX_READINGS), Math.ceil(events.length / MAX_EVENTS))
  for (let i = 0; i < count; i++) {
    batches.push({
      readings: readings.slice(i * MAX_READINGS, (i + 1) * MAX_READINGS),
      events: events.slice(i * MAX_EVENTS, (i + 1) * MAX_EVENTS),
    })
  }
  return batches
}

/** First and last instant; 0 when there is none. */
export function spanOf(
  readings: readonly Reading[],
  events: readonly DeviceEvent[],
): { firstMs: number; lastMs: number } {
  let firstMs = Infinity
  let lastMs = -Infinity
  for (const list of [readings, events]) {
    for (const { atMs } of list) {
      if (atMs < firstMs) firstMs = atMs
      if (atMs > lastMs) lastMs = atMs
    }
  }
  return firstMs <= lastMs ? { firstMs, lastMs } : { firstMs: 0, lastMs: 0 }
}

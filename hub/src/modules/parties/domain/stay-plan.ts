/** Which accounts move into which rooms with the people who are put on file. Pure; instants in milliseconds. */
import type { PartyReason } from '../reasons.ts'
import { isCurrent, type Period } from './periods.ts'

export interface WantedStay {
  readonly roomId: string
  readonly accountNumber: string
  /** Of the account if it is new; null: the number. */
  readonly name: string | null
  readonly kind: string
  /** Null: no day is known. */
  readonly fromMs: number | null
  readonly roleId: string
}

export interface PlannedStay extends WantedStay {
  readonly name: string
  readonly fromMs: number
}

interface StayFault {
  readonly field: 'accountNumber'
  readonly reason: PartyReason
}

export interface StayPlan {
  /** Per wanted stay. */
  readonly faults: readonly (readonly StayFault[])[]
  readonly stays: readonly PlannedStay[]
}

const ALWAYS_MS = 0

/**
 * An account that lives there already stays; into an empty room it moves in, not before whoever was there last moved
 * out. Without a day the first one known of a room has been there always, a later one comes now.
 * @param known accounts by room that rows above have brought; those of this call are added
 */
export function planStays(
  stays: readonly (Period & { readonly roomId: string; readonly accountNumber: string })[],
  wanted: readonly (WantedStay | null)[],
  known: Map<string, string>,
  mayOpen: (roomId: string) => boolean,
  nowMs: number,
): StayPlan {
  const byRoom = Map.groupBy(stays, ({ roomId }) => roomId)
  const planned: PlannedStay[] = []
  const faults = wanted.map((one): StayFault[] => {
    if (one === null) return []
    const inRoom = byRoom.get(one.roomId) ?? []
    const account = known.get(one.roomId) ?? inRoom.find(isCurrent)?.accountNumber
    if (account === one.accountNumber) return []
    if (account !== undefined) return [fault({ code: 'account.other', account })]
    if (!mayOpen(one.roomId)) return [fault({ code: 'account.forbidden' })]
    known.set(one.roomId, one.accountNumber)
    const fromMs = one.fromMs ?? (inRoom.length === 0 ? ALWAYS_MS : nowMs)
    const emptySinceMs = Math.max(fromMs, ...inRoom.map(({ toMs }) => toMs!))
    planned.push({ ...one, name: one.name ?? one.accountNumber, fromMs: emptySinceMs })
    return []
  })
  return { faults, stays: planned }
}

const fault = (reason: PartyReason): StayFault => ({ field: 'accountNumber', reason })

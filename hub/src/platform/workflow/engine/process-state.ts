import type { ProcessFields, TaskOutcome } from '@courtyard/protocols/contract'

/** A voice that a step waits for. */
export interface Seat {
  readonly no: number
  /** Any of them may use it. Nobody: an administrator has to give it to somebody. */
  readonly holders: readonly string[]
  /** It came by escalation: its voice alone decides. */
  readonly overrides: boolean
  readonly vote: Vote | null
}

export interface Vote {
  readonly by: string
  /** The holder in whose place `by` acted. */
  readonly behalfOf: string | null
  readonly outcome: TaskOutcome
}

/** What a process carries from step to step; kept as JSON in its snapshot. */
export interface ProcessContext {
  readonly starterId: string
  readonly fields: ProcessFields
  /** Counts the times that a step began to wait: what belongs to an earlier time is over. */
  readonly round: number
  /** Of the step that waits; empty until they are known. */
  readonly seats: readonly Seat[]
  readonly timedOut: boolean
}

export type ProcessMove =
  /** Who is asked in the step that was just reached: holders of each seat. */
  | { readonly type: 'SEAT'; readonly seats: readonly (readonly string[])[] }
  | {
      readonly type: 'VOTE'
      readonly seat: number
      readonly round: number
      readonly vote: Vote
      /** Fields filled in with the answer. */
      readonly fields: ProcessFields
    }
  | { readonly type: 'ESCALATE'; readonly round: number; readonly holders: readonly string[] }
  | { readonly type: 'TIME_OUT'; readonly round: number }
  | { readonly type: 'REASSIGN'; readonly seat: number; readonly round: number; readonly to: string }
  /** The automatic action of the step was done. */
  | { readonly type: 'ACT' }
  | { readonly type: 'CHANGE'; readonly fields: ProcessFields }
  | { readonly type: 'WITHDRAW' }
  | { readonly type: 'CANCEL' }

/** Names of the states that no definition has: ended from outside. */
export const WITHDRAWN = '$withdrawn'
export const CANCELLED = '$cancelled'

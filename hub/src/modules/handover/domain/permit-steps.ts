/** What may happen to a fit-out permit; in which order is up to the process that it runs through. */
import type { DepositState, PermitState } from '@courtyard/protocols/contract'
import type { HandoverReason } from '../reasons.ts'

export interface PermitFacts {
  readonly state: PermitState
  readonly depositState: DepositState
  /** Decimal text. */
  readonly depositAmount: string
  /** Of the last inspection. */
  readonly lastResult: 'ok' | 'defect' | null
}

/** What steps of a process do to a permit. */
export type PermitAction = 'approve' | 'takeDeposit' | 'begin' | 'finish'

const from: Readonly<Record<PermitAction, readonly PermitState[]>> = {
  approve: ['submitted'],
  takeDeposit: ['submitted', 'approved'],
  begin: ['approved'],
  finish: ['working'],
}

/** What the permit is afterwards, or why it cannot be: whatever process somebody has published. */
export function act(
  permit: PermitFacts,
  action: PermitAction,
): Pick<PermitFacts, 'state' | 'depositState'> | HandoverReason {
  const { state, depositState, lastResult } = permit
  if (!from[action].includes(state)) return { code: 'permit.wrong_state' }
  switch (action) {
    case 'approve':
      return { state: 'approved', depositState }
    case 'takeDeposit':
      return depositState === 'due' ? { state, depositState: 'held' } : { code: 'permit.deposit_state' }
    case 'begin':
      return depositState === 'due' ? { code: 'permit.deposit_missing' } : { state: 'working', depositState }
    case 'finish':
      return lastResult === 'ok' ? { state: 'finished', depositState } : { code: 'permit.not_inspected' }
  }
}

/** Where the end of its process leaves a permit: with a deposit in hand it is not closed. */
export function stateAtEnd(
  { depositState }: Pick<PermitFacts, 'depositState'>,
  outcome: 'approved' | 'done' | 'refused' | 'withdrawn' | 'cancelled',
): PermitState {
  if (outcome === 'refused') return 'rejected'
  if (outcome === 'withdrawn' || outcome === 'cancelled') return 'cancelled'
  return depositState === 'held' ? 'finished' : 'closed'
}

/**
 * What becomes of a deposit of which that much goes back (null: all of it), or why not. While people work it is not
 * known yet what was damaged.
 */
export function settle(
  { state, depositState, depositAmount }: PermitFacts,
  refundedAmount: string | null,
): { readonly depositState: DepositState; readonly refundedAmount: string | null } | HandoverReason {
  if (depositState !== 'held') return { code: 'permit.deposit_state' }
  if (state === 'working') return { code: 'permit.still_working' }
  const back = refundedAmount ?? depositAmount
  if (cents(back) > cents(depositAmount)) return { code: 'permit.refund_too_much' }
  if (cents(back) === 0n) return { depositState: 'kept', refundedAmount: null }
  return { depositState: 'refunded', refundedAmount: back }
}

function cents(amount: string): bigint {
  const [whole, part = ''] = amount.split('.')
  return BigInt(whole! + part.padEnd(2, '0').slice(0, 2))
}

export interface PassFacts {
  readonly permitState: PermitState
  /** Days, `2026-11-22`. */
  readonly validFrom: string
  readonly validTo: string
  readonly revoked: boolean
}

/** What a pass at the gate is worth today. */
export function passWorth(
  pass: PassFacts,
  today: string,
): 'ok' | 'revoked' | 'notYet' | 'over' | 'permitNotOpen' {
  if (pass.revoked) return 'revoked'
  if (today < pass.validFrom) return 'notYet'
  if (today > pass.validTo) return 'over'
  return pass.permitState === 'working' ? 'ok' : 'permitNotOpen'
}

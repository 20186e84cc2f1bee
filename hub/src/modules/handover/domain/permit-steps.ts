/** States of a fit-out permit and what leads from one to the next. */
import type { DepositState, PermitState, PermitStep } from '@courtyard/protocols/contract'
import type { HandoverReason } from '../reasons.ts'

const steps: Readonly<Record<PermitState, Partial<Record<PermitStep, PermitState>>>> = {
  draft: { submit: 'submitted', cancel: 'cancelled' },
  submitted: { approve: 'approved', reject: 'rejected', cancel: 'cancelled' },
  rejected: { submit: 'submitted', cancel: 'cancelled' },
  approved: { start: 'working', cancel: 'cancelled' },
  working: { finish: 'finished' },
  finished: { close: 'closed' },
  closed: {},
  cancelled: {},
}

export interface PermitFacts {
  readonly state: PermitState
  readonly depositState: DepositState
  /** Of the last inspection. */
  readonly lastResult: 'ok' | 'defect' | null
}

export function nextSteps(state: PermitState): PermitStep[] {
  return Object.keys(steps[state]) as PermitStep[]
}

/** The state after a step, or why it cannot be taken. */
export function takeStep(permit: PermitFacts, step: PermitStep): PermitState | HandoverReason {
  const next = steps[permit.state][step]
  if (!next) return { code: 'permit.wrong_state' }
  if (step === 'start' && permit.depositState === 'due') return { code: 'permit.deposit_missing' }
  if (step === 'finish' && permit.lastResult !== 'ok') return { code: 'permit.not_inspected' }
  if (step === 'close' && permit.depositState === 'held') return { code: 'permit.deposit_held' }
  if (step === 'cancel' && permit.depositState === 'held') return { code: 'permit.deposit_held' }
  return next
}

/** Why the deposit cannot go to that state; null when it can. */
export function depositRefused(permit: PermitFacts, next: DepositState): HandoverReason | null {
  const awaited = permit.state === 'submitted' || permit.state === 'approved'
  if (next === 'held')
    return awaited && permit.depositState === 'due' ? null : { code: 'permit.deposit_state' }
  if (permit.depositState !== 'held') return { code: 'permit.deposit_state' }
  // What is kept or given back is settled by what was found at the end
  return permit.state === 'working' ? { code: 'permit.still_working' } : null
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

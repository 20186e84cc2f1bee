/** Whose voice counts, and what the voices of a step come to. */
import type { ProcessStep, StepSignal } from '@courtyard/protocols/contract'
import type { ProcessContext, Seat, Vote } from './process-state.ts'

export type WaitingStep = Extract<ProcessStep, { kind: 'approval' | 'task' }>

/**
 * - `passed`: the step was left meanwhile
 * - `decided`: the seat has its voice
 * - `notYours`: neither a holder nor standing in for one
 * - `ownProcess`: who started it has no voice here
 * - `oneVoice`: the person has another seat in this step
 * - `outcome`: the step knows no such answer
 */
export type VoteRefusal = 'passed' | 'decided' | 'notYours' | 'ownProcess' | 'oneVoice' | 'outcome'

/** Null when the voice counts. */
export function refusalOf(
  step: WaitingStep,
  { round, seats, starterId }: Pick<ProcessContext, 'round' | 'seats' | 'starterId'>,
  move: { readonly seat: number; readonly round: number; readonly vote: Vote },
): VoteRefusal | null {
  const seat = seats.find(({ no }) => no === move.seat)
  if (move.round !== round || !seat) return 'passed'
  if (seat.vote) return 'decided'
  const { by, behalfOf, outcome } = move.vote
  if (!seat.holders.includes(behalfOf ?? by)) return 'notYours'
  if (excludesStarter(step) && by === starterId) return 'ownProcess'
  const others = seats.filter(({ no }) => no !== seat.no)
  if (others.some(({ vote }) => vote?.by === by)) return 'oneVoice'
  if (behalfOf !== null && others.some((other) => !other.overrides && other.holders.includes(by)))
    return 'oneVoice'
  return answersOf(step).includes(outcome) ? null : 'outcome'
}

export function excludesStarter(step: WaitingStep): boolean {
  return step.kind === 'approval' && step.withoutStarter
}

/** What a person may answer: sending back only where the definition leads somewhere. */
export function answersOf(step: WaitingStep): Vote['outcome'][] {
  if (step.kind === 'task') return ['done']
  const back = step.transitions.some(({ on }) => on === 'sentBack')
  return back ? ['approved', 'refused', 'sentBack'] : ['approved', 'refused']
}

/** Holders of each seat, from the people who fit. Nobody fits: one seat that waits to be given to somebody. */
export function seatsFor(step: WaitingStep, people: readonly string[]): string[][] {
  const unique = [...new Set(people)]
  const shared = step.kind === 'task' || step.rule === 'one' || unique.length === 0
  return shared ? [unique] : unique.map((one) => [one])
}

/** What the voices come to; null while it is open. */
export function tally(step: WaitingStep, seats: readonly Seat[]): StepSignal | null {
  const votes = seats.flatMap(({ vote }) => (vote ? [vote.outcome] : []))
  const over = seats.find(({ overrides, vote }) => overrides && vote)
  if (over?.vote) return over.vote.outcome
  if (votes.includes('sentBack')) return 'sentBack'
  if (step.kind === 'task') return votes.includes('done') ? 'done' : null
  const size = seats.filter(({ overrides }) => !overrides).length
  const approved = votes.filter((one) => one === 'approved').length
  const refused = votes.length - approved
  if (size === 0) return null
  if (step.rule === 'majority') {
    if (approved * 2 > size) return 'approved'
    return refused * 2 >= size ? 'refused' : null
  }
  if (refused > 0) return 'refused'
  return approved >= (step.rule === 'one' ? 1 : size) ? 'approved' : null
}

/** What can be done with a handover in which state. */
import type { DefectState, HandoverState } from '@courtyard/protocols/contract'
import type { HandoverReason } from '../reasons.ts'

export type HandoverStep = 'notify' | 'appoint' | 'inspect' | 'terms' | 'read' | 'complete' | 'cancel'

const allowed: Readonly<Record<HandoverStep, readonly HandoverState[]>> = {
  notify: ['planned'],
  appoint: ['planned', 'notified', 'appointed'],
  inspect: ['planned', 'notified', 'appointed', 'inspecting'],
  terms: ['planned', 'notified', 'appointed', 'inspecting'],
  read: ['planned', 'notified', 'appointed', 'inspecting'],
  complete: ['inspecting'],
  cancel: ['planned', 'notified', 'appointed', 'inspecting'],
}

export function canStep(state: HandoverState, step: HandoverStep): boolean {
  return allowed[step].includes(state)
}

export interface CompletionFacts {
  readonly partyId: string | null
  readonly results: readonly (string | null)[]
  /** Meters of the room, and those that were read. */
  readonly meterIds: readonly string[]
  readonly readIds: readonly string[]
}

/**
 * What is missing before a room can be handed over. Defects are not: owners take rooms over with a list of what is
 * still to be put right.
 */
export function missingForCompletion(facts: CompletionFacts): HandoverReason[] {
  const open = facts.results.filter((result) => result === null).length
  const unread = facts.meterIds.filter((id) => !facts.readIds.includes(id)).length
  return [
    ...(facts.partyId === null ? [{ code: 'handover.no_party' } as const] : []),
    ...(open > 0 ? [{ code: 'handover.not_looked', count: open } as const] : []),
    ...(unread > 0 ? [{ code: 'handover.not_read', count: unread } as const] : []),
  ]
}

const defectSteps: Readonly<Record<DefectState, readonly DefectState[]>> = {
  open: ['fixing', 'fixed', 'waived'],
  fixing: ['open', 'fixed', 'waived'],
  // Not put right after all, or taken as good
  fixed: ['open', 'accepted'],
  accepted: ['open'],
  waived: ['open'],
}

export function canMoveDefect(from: DefectState, to: DefectState): boolean {
  return defectSteps[from].includes(to)
}

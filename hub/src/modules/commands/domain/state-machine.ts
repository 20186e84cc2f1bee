/**
 * What may become of a command. People, the clock and the gateway act on it in any order and more than once; what is
 * decided here is saved under the lock of its row.
 */
import type { CommandState, CommandStep } from '@courtyard/protocols/contract'

/** Where a command stands. */
export interface Standing {
  readonly state: CommandState
  /** The last step that the gateway told of. */
  readonly gatewayStep: CommandStep | null
  /** Who ended it; null while it is open. */
  readonly settledBy: 'person' | 'hub' | 'gateway' | null
  /** It failed and may yet have been done. */
  readonly uncertain: boolean
  readonly requestedById: string
  readonly approvedById: string | null
  readonly expiresAtMs: number
}

export type Action =
  | { readonly kind: 'approve' | 'reject'; readonly byId: string; readonly nowMs: number }
  | { readonly kind: 'cancel' | 'send' | 'time'; readonly nowMs: number }
  | { readonly kind: 'report'; readonly step: CommandStep; readonly uncertain: boolean }

export type Refusal = 'ownRequest' | 'notAwaiting' | 'alreadySent' | 'notQueued' | 'tooLate'

export type Decision =
  | { readonly kind: 'changed'; readonly standing: Standing }
  /** It was so already, or it came too late to matter. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly why: Refusal }

/**
 * A gateway that took a command and then fell silent may have carried it out. So long after its expiry nobody waits
 * for word any more: it counts as failed with unknown outcome.
 */
export const NO_WORD_MS = 24 * 3_600_000

const unchanged: Decision = { kind: 'unchanged' }
const refused = (why: Refusal): Decision => ({ kind: 'refused', why })

export function decide(standing: Standing, action: Action): Decision {
  switch (action.kind) {
    case 'approve':
      return approve(standing, action.byId, action.nowMs)
    case 'reject':
      return reject(standing, action.byId)
    case 'cancel':
      return cancel(standing)
    case 'send':
      return send(standing, action.nowMs)
    case 'time':
      return passTime(standing, action.nowMs)
    case 'report':
      return report(standing, action.step, action.uncertain)
  }
}

function approve(standing: Standing, byId: string, nowMs: number): Decision {
  if (byId === standing.requestedById) return refused('ownRequest')
  if (standing.approvedById === byId) return unchanged
  if (standing.state !== 'awaitingApproval') return refused('notAwaiting')
  if (nowMs >= standing.expiresAtMs) return refused('tooLate')
  return { kind: 'changed', standing: { ...standing, state: 'queued', approvedById: byId } }
}

function reject(standing: Standing, byId: string): Decision {
  if (byId === standing.requestedById) return refused('ownRequest')
  if (standing.state !== 'awaitingApproval') return refused('notAwaiting')
  return settled(standing, 'rejected', 'person')
}

function cancel(standing: Standing): Decision {
  if (standing.state === 'cancelled') return unchanged
  if (standing.state !== 'awaitingApproval' && standing.state !== 'queued') return refused('alreadySent')
  return settled(standing, 'cancelled', 'person')
}

function send(standing: Standing, nowMs: number): Decision {
  if (standing.state !== 'queued') return refused('notQueued')
  if (nowMs >= standing.expiresAtMs) return refused('tooLate')
  return { kind: 'changed', standing: { ...standing, state: 'sent' } }
}

function passTime(standing: Standing, nowMs: number): Decision {
  const { state, expiresAtMs } = standing
  const waits = state === 'awaitingApproval' || state === 'queued'
  if (waits && nowMs >= expiresAtMs) return settled(standing, 'expired', 'hub')
  if (state === 'sent' && nowMs >= expiresAtMs + NO_WORD_MS) return settled(standing, 'failed', 'hub', true)
  return unchanged
}

const progress: Partial<Record<CommandStep, number>> = { received: 1, executing: 2 }

/**
 * The gateway knows best, and each of its words counts once: steps come again and overtake each other. What a person
 * or the gateway itself has ended stays so. What the hub gave up on its own is put right when word comes after all,
 * also when the hub's database is an older copy that knows nothing of having sent it.
 */
function report(standing: Standing, step: CommandStep, uncertain: boolean): Decision {
  const { settledBy, gatewayStep } = standing
  if (settledBy === 'person' || settledBy === 'gateway') return unchanged
  const rank = progress[step]
  if (rank !== undefined) {
    const before = gatewayStep === null ? 0 : (progress[gatewayStep] ?? 0)
    if (settledBy === 'hub' || rank <= before) return unchanged
    return { kind: 'changed', standing: { ...standing, state: 'sent', gatewayStep: step } }
  }
  const told = { ...standing, gatewayStep: step }
  // It was begun once: a journal that says otherwise is not the one that began it
  if (step === 'expired' && gatewayStep === 'executing') return settled(told, 'failed', 'gateway', true)
  const state = step as 'acknowledged' | 'confirmed' | 'failed' | 'expired'
  return settled(told, state, 'gateway', step === 'failed' && uncertain)
}

function settled(
  standing: Standing,
  state: CommandState,
  settledBy: 'person' | 'hub' | 'gateway',
  uncertain = false,
): Decision {
  return { kind: 'changed', standing: { ...standing, state, settledBy, uncertain } }
}

/** Half-open periods `[from, to)` of what changes hands: roles, stays, keys. Instants in milliseconds. */
import type { PartyRoleKind } from '@courtyard/protocols/contract'
import type { PartyReason } from '../reasons.ts'

export interface Period {
  readonly fromMs: number
  /** Null: goes on. */
  readonly toMs: number | null
}
export interface RolePeriod extends Period {
  readonly partyId: string
  readonly role: PartyRoleKind
}
export interface NewRole {
  readonly partyId: string
  readonly role: PartyRoleKind
  readonly fromMs: number
}

/** A clock that is a little ahead is no reason to refuse. */
const CLOCK_TOLERANCE_MS = 5 * 60_000

export const isFuture = (atMs: number, nowMs: number) => atMs > nowMs + CLOCK_TOLERANCE_MS
export const isCurrent = ({ toMs }: Period) => toMs === null

/** Why somebody cannot begin a role in a room with these roles; null when he can. */
export function roleRefused(known: readonly RolePeriod[], next: NewRole, nowMs: number): PartyReason | null {
  if (isFuture(next.fromMs, nowMs)) return { code: 'period.future' }
  const alike = known.filter(
    ({ role, partyId }) => role === next.role && (role === 'owner' || partyId === next.partyId),
  )
  const current = alike.find(isCurrent)
  if (current) {
    if (current.partyId === next.partyId) return { code: 'role.has_it' }
    return { code: 'role.one_owner' }
  }
  // It goes on from `from`, so it must begin when all alike have ended
  if (alike.some(({ toMs }) => toMs! > next.fromMs)) return { code: 'period.overlaps' }
  return null
}

/** Why a period cannot end then; null when it can. */
export function endRefused(period: Period, atMs: number, nowMs: number): PartyReason | null {
  if (period.toMs !== null) return { code: 'period.ended' }
  if (isFuture(atMs, nowMs)) return { code: 'period.future' }
  return atMs <= period.fromMs ? { code: 'period.before_begin' } : null
}

/** Why an account cannot move into a room with these stays at that instant; null when it can. */
export function moveRefused(stays: readonly Period[], atMs: number, nowMs: number): PartyReason | null {
  if (isFuture(atMs, nowMs)) return { code: 'period.future' }
  const latest = Math.max(...stays.map(({ fromMs, toMs }) => toMs ?? fromMs + 1), -Infinity)
  return atMs < latest ? { code: 'period.overlaps' } : null
}

/** Rules over the values of one role, and its end. Pure. */
import type { PartyReason } from '../reasons.ts'

type Values = Readonly<Record<string, unknown>>
interface RoleRuleFault {
  readonly field: string
  readonly reason: PartyReason | { readonly code: 'input.missing' }
}

const isGiven = (value: unknown) => value !== null && value !== undefined && value !== ''

export function checkRole(after: Values, { kind }: { readonly kind: string }): RoleRuleFault[] {
  return [
    ...(kind === 'create' ? personFaults(after) : []),
    ...periodFaults(after, kind),
    ...shareFaults(after),
  ]
}

/** Somebody on file, or the name of somebody. */
function personFaults(after: Values): RoleRuleFault[] {
  if (!isGiven(after.partyId))
    return isGiven(after.name) ? [] : [{ field: 'name', reason: { code: 'input.missing' } }]
  const typed = ['name', 'phone', 'identityNumber'].filter((name) => isGiven(after[name]))
  return typed.map((field) => ({ field, reason: { code: 'role.known_or_new' } }))
}

function periodFaults({ from, to }: Values, kind: string): RoleRuleFault[] {
  if (!isGiven(from) && kind !== 'create') return [{ field: 'from', reason: { code: 'input.missing' } }]
  if (!isGiven(to)) return []
  if (!isGiven(from)) return [{ field: 'from', reason: { code: 'role.from_needed' } }]
  const isOrdered = Date.parse(String(to)) > Date.parse(String(from))
  return isOrdered ? [] : [{ field: 'to', reason: { code: 'period.before_begin' } }]
}

function shareFaults({ role, sharePercent }: Values): RoleRuleFault[] {
  const mayShare = role === 'owner' || role === 'coOwner'
  return isGiven(sharePercent) && !mayShare
    ? [{ field: 'sharePercent', reason: { code: 'role.no_share' } }]
    : []
}

/** Values of an ended role, or why it cannot end like that. */
export function endedRole(
  record: Values,
  answers: Values,
  at: Date,
): { to: string } | { refused: PartyReason } {
  if (isGiven(record.to)) return { refused: { code: 'period.ended' } }
  const to = isGiven(answers.to) ? String(answers.to) : at.toISOString()
  if (Date.parse(to) <= Date.parse(String(record.from))) return { refused: { code: 'period.before_begin' } }
  return { to }
}

/**
 * What many changes of roles at once make of their rooms: periods that overlap, a second main owner, shares beyond the
 * whole. Pure; periods are half-open, instants in milliseconds.
 */
import type { PartyRoleKind } from '@courtyard/protocols/contract'
import type { PartyReason } from '../reasons.ts'
import { isCurrent, isFuture, type Period } from './periods.ts'

export interface RoleState extends Period {
  readonly id: string
  readonly roomId: string
  /** Id of the person, or what stands for somebody who is not on file yet. */
  readonly who: string
  readonly role: PartyRoleKind
  readonly sharePercent: string | null
  /** Of the file that it stands in. */
  readonly row: number | null
}

export interface RoleFault {
  readonly field: 'role' | 'from' | 'to' | 'sharePercent'
  readonly reason: PartyReason
}

export interface Judgement {
  /** Per change. */
  readonly faults: readonly (readonly RoleFault[])[]
  /** Roles of the rooms with the changes that are right. */
  readonly after: readonly RoleState[]
}

/** @param known roles of the rooms; what a change names by its id is replaced by it */
export function judgeRoles(
  known: readonly RoleState[],
  changes: readonly RoleState[],
  nowMs: number,
): Judgement {
  const changed = new Set(changes.map(({ id }) => id))
  const rooms = Map.groupBy(
    known.filter(({ id }) => !changed.has(id)),
    ({ roomId }) => roomId,
  )
  const faults = changes.map((change): RoleFault[] => {
    const inRoom = rooms.get(change.roomId) ?? []
    rooms.set(change.roomId, inRoom)
    const found = [...periodFaults(change, nowMs), ...clashes(inRoom, change)]
    if (found.length === 0) inRoom.push(change)
    return found
  })
  const over = overShared(rooms)
  for (const [at, change] of changes.entries())
    if (over.has(change.roomId) && faults[at]!.length === 0 && sharesIn(change))
      faults[at]!.push({
        field: 'sharePercent',
        reason: { code: 'role.shares_over', sum: over.get(change.roomId)! },
      })
  const bad = new Set(changes.filter((_, at) => faults[at]!.length > 0).map(({ id }) => id))
  return { faults, after: [...rooms.values()].flat().filter(({ id }) => !bad.has(id)) }
}

function periodFaults({ fromMs, toMs }: RoleState, nowMs: number): RoleFault[] {
  if (isFuture(fromMs, nowMs)) return [{ field: 'from', reason: { code: 'period.future' } }]
  if (toMs !== null && isFuture(toMs, nowMs)) return [{ field: 'to', reason: { code: 'period.future' } }]
  return toMs !== null && toMs <= fromMs ? [{ field: 'to', reason: { code: 'period.before_begin' } }] : []
}

function clashes(inRoom: readonly RoleState[], change: RoleState): RoleFault[] {
  const other = inRoom.find(
    (one) =>
      one.role === change.role && (one.role === 'owner' || one.who === change.who) && overlap(one, change),
  )
  if (!other) return []
  if (other.who === change.who && other.row !== null && other.row !== change.row)
    return [{ field: 'role', reason: { code: 'role.row_twice', row: other.row } }]
  if (!isCurrent(other) || !isCurrent(change)) return [{ field: 'from', reason: { code: 'period.overlaps' } }]
  const code = other.who === change.who ? 'role.has_it' : 'role.one_owner'
  return [{ field: 'role', reason: { code } }]
}

export function overlap(one: Period, other: Period): boolean {
  return one.fromMs < (other.toMs ?? Infinity) && other.fromMs < (one.toMs ?? Infinity)
}

const owns = ({ role }: Pick<RoleState, 'role'>) => role === 'owner' || role === 'coOwner'
const sharesIn = (role: RoleState) => owns(role) && isCurrent(role) && role.sharePercent !== null

/** Rooms whose present owners have more than the whole together, with the sum. */
function overShared(rooms: ReadonlyMap<string, readonly RoleState[]>): Map<string, string> {
  const over = new Map<string, string>()
  for (const [roomId, roles] of rooms) {
    const sum = roles.filter(sharesIn).reduce((all, { sharePercent }) => all + units(sharePercent!), 0n)
    if (sum > WHOLE) over.set(roomId, percentText(sum))
  }
  return over
}

const DECIMALS = 4
const WHOLE = 100n * 10n ** BigInt(DECIMALS)

/** Ten-thousandths of a per cent: `33.3333` → 333333. */
function units(percent: string): bigint {
  const [whole = '0', decimals = ''] = percent.split('.')
  return BigInt(whole + decimals.padEnd(DECIMALS, '0').slice(0, DECIMALS))
}

function percentText(sum: bigint): string {
  const text = String(sum).padStart(DECIMALS + 1, '0')
  return `${text.slice(0, -DECIMALS)}.${text.slice(-DECIMALS)}`.replace(/\.?0+$/, '')
}

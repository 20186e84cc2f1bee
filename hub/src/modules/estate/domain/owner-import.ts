/**
 * What the owners in a file of rooms change. A person is known again by name and phone; a room keeps its owner: that it
 * went to another one is a change of owner, with what is unpaid, and no import.
 */
import type { EstateReason } from '../reasons.ts'

export interface WrittenOwner {
  readonly row: number
  readonly roomId: string
  readonly buildingId: string
  readonly name: string
  readonly phone: string | null
  /** Per cent, decimal text. */
  readonly share: string | null
}

export interface KnownOwners {
  /** Of each room that has one now. */
  readonly current: ReadonlyMap<string, string>
  /** Rooms that have or had an owner. */
  readonly everOwned: ReadonlySet<string>
  /** `personKey` → id. */
  readonly people: ReadonlyMap<string, string>
}

export interface OwnerPlan {
  readonly people: { id: string; name: string; phone: string | null }[]
  /** `since` is `always` for the first owner that a room is known to have. */
  readonly roles: {
    roomId: string
    buildingId: string
    partyId: string
    share: string | null
    since: 'always' | 'now'
  }[]
  /** Rows that change something. */
  readonly rows: ReadonlySet<number>
  readonly errors: readonly { row: number; column: string; reason: EstateReason }[]
}

/** Numbers are the same however they are written. */
export function personKey(name: string, phone: string | null): string {
  return JSON.stringify([name, (phone ?? '').replace(/\D/g, '')])
}

/** @param nameOf of people that are on file, by id */
export function planOwners(
  written: readonly WrittenOwner[],
  known: KnownOwners,
  nameOf: (partyId: string) => string,
  newId: () => string,
): OwnerPlan {
  const people = new Map<string, OwnerPlan['people'][number]>()
  const roles: OwnerPlan['roles'] = []
  const rows = new Set<number>()
  const errors: { row: number; column: string; reason: EstateReason }[] = []
  for (const { row, roomId, buildingId, name, phone, share } of written) {
    const owner = known.current.get(roomId)
    const key = personKey(name, phone)
    const onFile = known.people.get(key) ?? people.get(key)?.id
    // Without a number the owner of the room is recognised by the name
    if (owner !== undefined && (owner === onFile || (phone === null && nameOf(owner) === name))) continue
    if (owner !== undefined) {
      errors.push({ row, column: 'owner', reason: { code: 'room.other_owner', name: nameOf(owner) } })
      continue
    }
    const partyId = onFile ?? newId()
    if (onFile === undefined) people.set(key, { id: partyId, name, phone })
    roles.push({ roomId, buildingId, partyId, share, since: known.everOwned.has(roomId) ? 'now' : 'always' })
    rows.add(row)
  }
  return { people: [...people.values()], roles, rows, errors }
}

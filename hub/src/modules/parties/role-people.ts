/** Who is meant by a name, a phone and a document: somebody on file, somebody of a row above, or somebody new. */
import { randomUUID } from 'node:crypto'
import type { Viewer } from '../../platform/auth/user.ts'
import type { Values } from '../../platform/resource/field.ts'
import type { Fault } from '../../platform/resource/resource.ts'
import type { PartyReason } from './reasons.ts'
import { findPeople, type Sought } from './role-records.repository.ts'

type Client = Parameters<typeof findPeople>[0]

export interface Meant {
  /** Id of the person; of a new one the id that he will have. */
  readonly who: string
  readonly isNew: boolean
  readonly fault: Fault | null
}

/** Who has come up so far, by what he is known by. Lives as long as a file is read. */
export type KnownPeople = Map<
  string,
  { readonly who: string; readonly name: string; readonly isNew: boolean }
>

export const textOf = (values: Values, name: string): string | null => {
  const value = values[name]
  return typeof value === 'string' && value !== '' ? value : null
}

export function soughtOf(values: Values): Sought {
  return {
    name: textOf(values, 'name') ?? '',
    phone: textOf(values, 'phone'),
    identityNumber: textOf(values, 'identityNumber'),
    roomId: textOf(values, 'roomId')!,
  }
}

/** @returns per record, in the order given. A record that names a person on file means that one. */
export async function peopleMeant(
  client: Client,
  user: Viewer,
  projectId: string,
  records: readonly Values[],
  known: KnownPeople,
): Promise<Meant[]> {
  const asked = records.flatMap((values, at) => (textOf(values, 'partyId') === null ? [{ at, values }] : []))
  const found = await findPeople(
    client,
    user,
    projectId,
    asked.map(({ values }) => soughtOf(values)),
  )
  const places = new Map(asked.map(({ at }, place) => [at, place]))
  return records.map((values, at): Meant => {
    const partyId = textOf(values, 'partyId')
    if (partyId !== null) return { who: partyId, isNew: false, fault: null }
    return meantBy(soughtOf(values), found.get(places.get(at)!), known)
  })
}

function meantBy(
  sought: Sought,
  found: { readonly id: string; readonly name: string } | undefined,
  known: KnownPeople,
): Meant {
  const keys = keysOf(sought)
  const above = keys.map((key) => known.get(key)).find((one) => one !== undefined)
  const person = found
    ? { who: found.id, name: found.name, isNew: false }
    : (above ?? { who: randomUUID(), name: sought.name, isNew: true })
  if (person.name !== sought.name) {
    const reason: PartyReason = { code: 'party.other_name' }
    return { ...person, fault: { field: 'name', reason } }
  }
  for (const key of keys) if (!known.has(key)) known.set(key, person)
  // Who is named again without phone or document is the same one
  const inRoom = keyInRoom(sought)
  if (!known.has(inRoom)) known.set(inRoom, person)
  return { who: person.who, isNew: person.isNew, fault: null }
}

/** What tells people apart: the document, else name and phone, else the name within the room. */
function keysOf(sought: Sought): string[] {
  const { name, phone, identityNumber } = sought
  const keys = [
    ...(identityNumber === null ? [] : [`document ${identityNumber}`]),
    ...(phone === null ? [] : [`phone ${digitsOf(phone)} ${name}`]),
  ]
  return keys.length > 0 ? keys : [keyInRoom(sought)]
}

const keyInRoom = ({ roomId, name }: Sought) => `room ${roomId} ${name}`

/** As `phone_digits` in the database. */
function digitsOf(phone: string): string {
  const digits = phone.replace(/\D/g, '').replace(/^0+/, '')
  return /^86\d{10,}$/.test(digits) ? digits.slice(2).replace(/^0+/, '') : digits
}

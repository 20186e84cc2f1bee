/** Users of a terminal: read, compared, written one by one. */
import { AppError, type TerminalPerson } from '@courtyard/protocols/contract'
import { BulkTable, Command, decodeSizes, decodeUsers, encodeUser, storedName, userRecordBytes, type TextEncoding, type UserRecordBytes, type ZkUser } from '@courtyard/protocols/zkteco' // prettier-ignore
import { errorCodes } from '../../errors.ts'
import { readWhole, withTable } from './bulk.ts'
import type { ZkSession } from './session.ts'

export interface UserTable {
  readonly users: readonly ZkUser[]
  readonly size: UserRecordBytes
}

export interface UserFormat {
  readonly encoding: TextEncoding
  /** For an empty terminal. */
  readonly userRecord: UserRecordBytes
}

export async function readUsers(
  session: ZkSession,
  format: UserFormat,
  timeoutMs: number,
): Promise<UserTable> {
  const sizes = decodeSizes((await session.request(Command.freeSizes, undefined, { repeat: true })).data)
  if (sizes.users === 0) return { users: [], size: format.userRecord }
  return withTable(session, BulkTable.users, timeoutMs, async (buffer) => {
    const bytes = await readWhole(session, buffer)
    const size = userRecordBytes(bytes.length, sizes.users)
    return { users: decodeUsers(bytes, size, format.encoding), size }
  })
}

type Change =
  | { readonly kind: 'write'; readonly record: Uint8Array }
  | { readonly kind: 'delete'; readonly uid: number }

/**
 * What has to be sent so that the terminal has the people as wanted. All of it is made before the first is sent: a
 * person that does not fit changes nothing. @throws AppError `zkteco.value_too_long`, `edge.request_refused` when full.
 */
export function planChanges(
  table: UserTable,
  people: readonly TerminalPerson[],
  encoding: TextEncoding,
): Change[] {
  const byNumber = new Map(table.users.map((user) => [user.user, user]))
  const taken = new Set(table.users.map(({ uid }) => uid))
  return people.flatMap((person): Change[] => {
    const known = byNumber.get(person.id)
    if (!person.present) {
      if (!known) return []
      taken.delete(known.uid)
      byNumber.delete(person.id)
      return [{ kind: 'delete', uid: known.uid }]
    }
    const user = {
      ...(known ?? newUser(freeUid(taken, person.id, table.size), person.id)),
      ...wanted(person),
    }
    taken.add(user.uid)
    byNumber.set(person.id, user)
    return [{ kind: 'write', record: encodeUser(user, table.size, encoding) }]
  })
}

/** Sends the changes; @throws what the session throws, after the ones before were done. */
export async function applyChanges(session: ZkSession, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    if (change.kind === 'write') await session.request(Command.userWrite, change.record)
    else await session.request(Command.deleteUser, Uint8Array.of(change.uid & 0xff, change.uid >> 8))
  }
  await session.request(Command.refreshData)
}

/** People whom the terminal does not have as wanted. */
export function differences(
  table: UserTable,
  people: readonly TerminalPerson[],
  encoding: TextEncoding,
): string[] {
  const byNumber = new Map(table.users.map((user) => [user.user, user]))
  // The last word about a person counts.
  const last = new Map(people.map((person) => [person.id, person]))
  return [...last.values()].filter((person) => !isAsWanted(byNumber.get(person.id), person, table.size, encoding)).map(({ id }) => id) // prettier-ignore
}

function isAsWanted(
  user: ZkUser | undefined,
  person: TerminalPerson,
  size: UserRecordBytes,
  encoding: TextEncoding,
): boolean {
  if (!person.present) return user === undefined
  if (!user) return false
  const name = storedName(person.name, size, encoding)
  const card = person.card === undefined || BigInt(person.card) === BigInt(user.card)
  return user.name === name && card && (person.pin === undefined || person.pin === user.password)
}

/** What the command does not mention stays as it is; card 0 is none. */
function wanted({ name, card, pin }: TerminalPerson): Partial<ZkUser> {
  return {
    name,
    ...(card === undefined ? {} : { card: Number(card) }),
    ...(pin === undefined ? {} : { password: pin }),
  }
}

function newUser(uid: number, user: string): ZkUser {
  return { uid, privilege: 0, password: '', name: '', card: 0, group: 1, reserved: new Uint8Array(8), user }
}

/** Old firmware wants place and number to be the same (pyzk); else the lowest free place. */
function freeUid(taken: ReadonlySet<number>, number: string, size: UserRecordBytes): number {
  const same = Number(number)
  if (size === 28 && Number.isInteger(same) && same >= 1 && same <= 0xffff && !taken.has(same)) return same
  for (let uid = 1; uid <= 0xffff; uid++) if (!taken.has(uid)) return uid
  throw new AppError(errorCodes.requestRefused, 'the terminal has no free place for another person')
}

/** User records of 28 bytes (old firmware) and 72 bytes. Sources: zk-protocol `data-user.md`, pyzk `get_users`. */
import { AppError } from '../contract/app-error.ts'
import { concatBytes, viewOf } from './bytes.ts'
import { ZktecoErrorCode } from './errors.ts'
import { decodeText, encodeText, type TextEncoding } from './text.ts'

export const USER_RECORD_BYTES = [28, 72] as const
export type UserRecordBytes = (typeof USER_RECORD_BYTES)[number]

export interface ZkUser {
  /** The terminal's own number of the place, 1–65535. */
  readonly uid: number
  /** Bit 0: disabled; bits 1–3: 0 user, 1 enroller, 3 manager, 7 administrator. */
  readonly privilege: number
  readonly password: string
  readonly name: string
  /** 0: none. */
  readonly card: number
  readonly group: number
  /** Bytes behind the group that we do not set (time zones); written back as they were read. */
  readonly reserved: Uint8Array
  /** The number that the person types; decimal digits on 28-byte firmware. */
  readonly user: string
}

interface Layout {
  readonly password: readonly [number, number]
  readonly name: readonly [number, number]
  readonly card: number
  readonly group: number
  readonly reserved: readonly [number, number]
}
const layouts: Readonly<Record<UserRecordBytes, Layout>> = {
  28: { password: [3, 5], name: [8, 8], card: 16, group: 21, reserved: [22, 2] },
  72: { password: [3, 8], name: [11, 24], card: 35, group: 39, reserved: [40, 8] },
}
const USER_AT = { 28: 24, 72: 48 } as const

/** Throws AppError `zkteco.partial_read` unless total and count divide into a known size. */
export function userRecordBytes(totalBytes: number, count: number): UserRecordBytes {
  const size = USER_RECORD_BYTES.find((bytes) => bytes * count === totalBytes)
  if (size !== undefined) return size
  throw new AppError(
    ZktecoErrorCode.partialRead,
    `the user table has ${totalBytes} bytes for ${count} users: no known size of record`,
    { details: { total: totalBytes, count } },
  )
}

/** Whole records; throws `zkteco.partial_read` for a rest. */
export function decodeUsers(bytes: Uint8Array, size: UserRecordBytes, encoding: TextEncoding): ZkUser[] {
  if (bytes.length % size !== 0) {
    const reason = `${bytes.length} bytes are no whole users of ${size}`
    throw new AppError(ZktecoErrorCode.partialRead, reason, { details: { received: bytes.length, size } })
  }
  return Array.from({ length: bytes.length / size }, (_, index) =>
    decodeUser(bytes.subarray(index * size, (index + 1) * size), size, encoding),
  )
}

function decodeUser(record: Uint8Array, size: UserRecordBytes, encoding: TextEncoding): ZkUser {
  const view = viewOf(record)
  const layout = layouts[size]
  const field = ([at, length]: readonly [number, number]) => record.subarray(at, at + length)
  return {
    uid: view.getUint16(0, true),
    privilege: view.getUint8(2),
    password: decodeText(field(layout.password)),
    name: decodeText(field(layout.name), encoding),
    card: view.getUint32(layout.card, true),
    group: view.getUint8(layout.group),
    reserved: field(layout.reserved).slice(),
    user: size === 28 ? String(view.getUint32(24, true)) : decodeText(record.subarray(48, 72)),
  }
}

/**
 * The record for `userWrite`. A name that is too long is cut at a character; anything else that does not fit throws
 * AppError `zkteco.value_too_long` (details.field).
 */
export function encodeUser(user: ZkUser, size: UserRecordBytes, encoding: TextEncoding): Uint8Array {
  const record = new Uint8Array(size)
  const view = viewOf(record)
  const layout = layouts[size]
  view.setUint16(0, user.uid, true)
  view.setUint8(2, user.privilege)
  record.set(exactText('pin', user.password, layout.password[1]), layout.password[0])
  record.set(encodeText(user.name, nameBytes(size), encoding), layout.name[0])
  if (user.card > 0xffffffff) throw tooLong('card', String(user.card))
  view.setUint32(layout.card, user.card, true)
  view.setUint8(layout.group, user.group)
  record.set(user.reserved.subarray(0, layout.reserved[1]), layout.reserved[0])
  if (size === 72) {
    record.set(exactText('id', user.user, 24), USER_AT[72])
  } else {
    if (!/^[1-9]\d{0,9}$/.test(user.user) || Number(user.user) > 0xffffffff) throw tooLong('id', user.user)
    view.setUint32(USER_AT[28], Number(user.user), true)
  }
  return record
}

/** The name as the terminal will tell it. */
export function storedName(name: string, size: UserRecordBytes, encoding: TextEncoding): string {
  return decodeText(encodeText(name, nameBytes(size), encoding), encoding)
}

/** The last byte of a 24-byte name is its end (zk-protocol: 23 usable). */
function nameBytes(size: UserRecordBytes): number {
  return size === 72 ? 23 : 8
}

function exactText(field: string, text: string, maxBytes: number): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length > maxBytes) throw tooLong(field, text)
  return bytes
}

function tooLong(field: string, value: string): AppError {
  const shown = field === 'pin' ? 'a pin' : `${field} ${value}`
  return new AppError(ZktecoErrorCode.valueTooLong, `${shown} does not fit into the terminal's record`, {
    details: { field },
  })
}

/** A table as the terminal sends it: its size, then the records. */
export function tableBytes(records: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = concatBytes(records)
  const head = new Uint8Array(4)
  viewOf(head).setUint32(0, body.length, true)
  return concatBytes([head, body])
}

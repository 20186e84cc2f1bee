import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

/** `PGCOPY\n\xff\r\n\0`, no flags, no extension: the head of COPY's binary format (PostgreSQL, "COPY", Binary Format). */
const HEAD = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex')
const DAY_MS = 86_400_000
/** PostgreSQL counts days and instants from 2000-01-01. */
const EPOCH_MS = Date.UTC(2000, 0, 1)
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const TWELVE_PLACES = 10n ** 12n
/** Moves a decimal point to a border of four places. */
const toFourPlaces = [1n, 1_000n, 100n, 10n]

/**
 * Rows for `COPY … FROM STDIN (FORMAT binary)`, written straight into bytes: a bill run writes some million numbers
 * and ids, which would otherwise be made into text here and be parsed there. `row` begins a row, then each column in
 * its order. Every value has the binary form of its column's type, which the server checks.
 */
export class BinaryRows {
  private bytes: Buffer
  private view: DataView
  private at = 0
  /** Groups of four digits of the number that is written, the lowest first. */
  private readonly groups = new Uint16Array(16)

  constructor(expectedBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(expectedBytes, 1_024))
    this.view = new DataView(this.bytes.buffer)
    this.at = HEAD.copy(this.bytes)
  }

  row(columns: number): void {
    this.room(2)
    this.int16(columns)
  }

  null(): void {
    this.room(4)
    this.int32(-1)
  }

  boolean(value: boolean): void {
    this.room(5)
    this.int32(1)
    this.bytes[this.at++] = value ? 1 : 0
  }

  smallint(value: number): void {
    this.room(6)
    this.int32(2)
    this.int16(value)
  }

  /** A local day, `2026-06-01`. */
  date(day: string): void {
    this.room(8)
    this.int32(4)
    this.int32((Date.parse(day) - EPOCH_MS) / DAY_MS)
  }

  timestamptz(instant: Date): void {
    this.room(12)
    this.int32(8)
    this.view.setBigInt64(this.at, BigInt(instant.getTime() - EPOCH_MS) * 1_000n)
    this.at += 8
  }

  text(value: string): void {
    this.room(4 + 3 * value.length)
    const length = this.bytes.write(value, this.at + 4, 'utf8')
    this.int32(length)
    this.at += length
  }

  /** 16 bytes, see `uuidBytes`. */
  uuid(value: Uint8Array): void {
    this.room(20)
    this.int32(16)
    this.bytes.set(value, this.at)
    this.at += 16
  }

  /** `units` × 10^-places: groups of four digits, from the highest to the lowest that is not zero. */
  numeric(units: bigint, places: number): void {
    const negative = units < 0n
    const groups = this.split((negative ? -units : units) * toFourPlaces[places & 3]!)
    let lowest = 0
    while (lowest < groups && this.groups[lowest] === 0) lowest++
    this.room(12 + 2 * groups)
    this.int32(8 + 2 * (groups - lowest))
    this.int16(groups - lowest)
    this.int16(groups - 1 - Math.ceil(places / 4))
    this.int16(negative ? 0x4000 : 0)
    this.int16(places)
    for (let group = groups - 1; group >= lowest; group--) this.int16(this.groups[group]!)
  }

  /** The rows with head and tail; nothing can be written after. */
  finish(): Buffer {
    this.room(2)
    this.int16(-1)
    return this.bytes.subarray(0, this.at)
  }

  /** Number of groups; arithmetic of 64 bits where it is enough, since it nearly always is. */
  private split(units: bigint): number {
    let rest = units
    let count = 0
    while (rest > LARGEST_SAFE) {
      let part = Number(rest % TWELVE_PLACES)
      rest /= TWELVE_PLACES
      for (let group = 0; group < 3; group++, part = Math.floor(part / 10_000)) {
        this.groups[count++] = part % 10_000
      }
    }
    for (let part = Number(rest); part > 0; part = Math.floor(part / 10_000)) {
      this.groups[count++] = part % 10_000
    }
    return count
  }

  private int16(value: number): void {
    this.view.setInt16(this.at, value)
    this.at += 2
  }

  private int32(value: number): void {
    this.view.setInt32(this.at, value)
    this.at += 4
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + bytes))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }
}

/** `0196f6c2-…` as 16 bytes. @throws RangeError when it is not 32 digits with hyphens */
export function uuidBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  let at = 0
  for (let position = 0; position + 1 < text.length && at < 16; position += 2) {
    if (text.charCodeAt(position) === 0x2d) position++
    const byte = (hexDigit(text.charCodeAt(position)) << 4) | hexDigit(text.charCodeAt(position + 1))
    if (byte < 0) throw new RangeError(`not a UUID: ${text}`)
    bytes[at++] = byte
  }
  if (at < 16 || text.length !== 36) throw new RangeError(`not a UUID: ${text}`)
  return bytes
}

/** -1 when it is none. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** Sends `rows` (see `BinaryRows.finish`) to the columns of a table; in the transaction of the client. */
export async function copyBinary(
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
  rows: Buffer,
): Promise<void> {
  const stream = client.query(
    copyFrom(`COPY ${table} (${columns.join(', ')}) FROM STDIN WITH (FORMAT binary)`),
  )
  await pipeline(Readable.from([rows]), stream)
}

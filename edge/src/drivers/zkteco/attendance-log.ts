/**
 * The terminal's log, read on from where it was read to. The checkpoint is a count and the last record's own bytes: when
 * that record no longer stands there, the log was cleared or has moved on, and all of it is read anew. Events have an
 * identity made of their content, so reading again stores nothing twice.
 */
import { attendanceRecordBytes, BulkTable, decodeAttendance, decodeSizes, Command, type AttendanceRecord, type AttendanceRecordBytes } from '@courtyard/protocols/zkteco' // prettier-ignore
import type { Clock } from '../../clock.ts'
import type { Logger } from '../../log.ts'
import { readWhole, withTable, type TableBuffer } from './bulk.ts'
import type { ZkSession } from './session.ts'

export interface LogCheckpoint {
  readonly count: number
  readonly bytes: AttendanceRecordBytes
  /** The last record, hexadecimal; empty when the log was. */
  readonly last: string
}

export interface LogReader {
  readonly clock: Clock
  readonly logger: Logger
  readonly timeoutMs: number
  checkpoint(): LogCheckpoint | null
  /** Stores records together with the checkpoint behind them; only when it resolves they are on the disk. */
  keep(records: readonly LogRecord[], checkpoint: LogCheckpoint): Promise<void>
}

/** `unreadable`: a record whose time cannot be, hexadecimal. */
export type LogRecord = AttendanceRecord | { readonly unreadable: string }

interface Fresh {
  readonly bytes: Uint8Array
  readonly size: AttendanceRecordBytes
  /** Records before these. */
  readonly skipped: number
}

/** Records that are kept at a time: a batch may hold 5,000 events. */
const KEEP_AT_ONCE = 1_000
/** A log that was cleared and has grown to the very same count is found this soon. */
const VERIFY_EVERY_MS = 3_600_000
const DISABLED_AT_MOST_SECONDS = 60
const UNREADABLE_AT_MOST = 3

export class AttendanceLog {
  private readonly reader: LogReader
  private verifyAtMs = -Infinity

  constructor(reader: LogReader) {
    this.reader = reader
  }

  /** A new session may speak with another terminal. */
  distrust(): void {
    this.verifyAtMs = -Infinity
  }

  /** Reads what is new. @throws AppError of the session, of the codec, and what `keep` throws. */
  async sync(session: ZkSession, count: number): Promise<void> {
    const { clock, logger } = this.reader
    const checkpoint = this.reader.checkpoint()
    if (checkpoint?.count === count && (count === 0 || clock.monotonicMs() < this.verifyAtMs)) return
    if (count === 0) {
      if (checkpoint) logger.info({ before: checkpoint.count }, 'the log of the terminal was cleared')
      await this.reader.keep([], { count: 0, bytes: checkpoint?.bytes ?? 40, last: '' })
      return
    }
    // The count is taken again when nobody can punch any more, so that it agrees with the copy.
    const fresh = await session.whileDisabled(DISABLED_AT_MOST_SECONDS, async () => {
      const sizes = decodeSizes((await session.request(Command.freeSizes, undefined, { repeat: true })).data)
      if (sizes.records === 0) return null
      const { timeoutMs } = this.reader
      return withTable(session, BulkTable.attendanceLog, timeoutMs, (buffer) =>
        this.readFresh(session, buffer, sizes.records, checkpoint),
      )
    })
    if (fresh) await this.keepAll(fresh)
    this.verifyAtMs = clock.monotonicMs() + VERIFY_EVERY_MS
  }

  private async readFresh(
    session: ZkSession,
    buffer: TableBuffer,
    count: number,
    checkpoint: LogCheckpoint | null,
  ): Promise<Fresh> {
    const size = attendanceRecordBytes(buffer.size - 4, count)
    const known = checkpoint?.bytes === size && checkpoint.count > 0 && checkpoint.count <= count
    if (known) {
      const start = 4 + (checkpoint.count - 1) * size
      const tail = await readTail(session, buffer, start)
      if (hexOf(tail.subarray(0, size)) === checkpoint.last) {
        return { bytes: tail.subarray(size), size, skipped: checkpoint.count }
      }
    }
    if (checkpoint && checkpoint.count > 0) {
      this.reader.logger.info({ before: checkpoint.count, now: count }, 'the log was cleared or has moved on; it is read anew') // prettier-ignore
    }
    const whole = await readWhole(session, buffer)
    attendanceRecordBytes(whole.length, count)
    return { bytes: whole, size, skipped: 0 }
  }

  private async keepAll({ bytes, size, skipped }: Fresh): Promise<void> {
    const records = decodeEach(bytes, size)
    for (let from = 0; from < records.length; from += KEEP_AT_ONCE) {
      const some = records.slice(from, from + KEEP_AT_ONCE)
      const end = from + some.length
      const last = hexOf(bytes.subarray((end - 1) * size, end * size))
      await this.reader.keep(some, { count: skipped + end, bytes: size, last })
    }
  }
}

/**
 * A few records may be damaged (flash that wears out); they must not keep the others back for ever. More than that is a
 * layout that we do not know. @throws AppError `zkteco.bad_record`.
 */
function decodeEach(bytes: Uint8Array, size: AttendanceRecordBytes): LogRecord[] {
  let unreadable = 0
  return Array.from({ length: bytes.length / size }, (_, index) => {
    const record = bytes.subarray(index * size, (index + 1) * size)
    try {
      return decodeAttendance(record, size)[0]!
    } catch (error) {
      if (++unreadable > Math.max(UNREADABLE_AT_MOST, bytes.length / size / 100)) throw error
      return { unreadable: hexOf(record) }
    }
  })
}

/** From `start` to the end, in pieces that the transport allows. */
async function readTail(session: ZkSession, buffer: TableBuffer, start: number): Promise<Uint8Array> {
  const step = session.transport === 'tcp' ? 0xffc0 : 16 * 1024
  const pieces: Uint8Array[] = []
  for (let at = start; at < buffer.size; at += step) {
    pieces.push(await buffer.read(at, Math.min(step, buffer.size - at)))
  }
  return Buffer.concat(pieces)
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Null for text that is no checkpoint of this driver. */
export function parseLogCheckpoint(text: string | null): LogCheckpoint | null {
  const match = /^log1 (\d{1,9}) (8|16|40) ([0-9a-f]*)$/.exec(text ?? '')
  return match
    ? { count: Number(match[1]), bytes: Number(match[2]) as AttendanceRecordBytes, last: match[3]! }
    : null
}

export function formatLogCheckpoint({ count, bytes, last }: LogCheckpoint): string {
  return `log1 ${count} ${bytes} ${last}`
}

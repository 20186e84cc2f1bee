/** The attendance log. Sources: zk-protocol `data-record.md`, pyzk `get_attendance`. */
import { AppError } from '../contract/app-error.ts'
import { badRecord, viewOf } from './bytes.ts'
import { ZktecoErrorCode } from './errors.ts'
import { decodeText } from './text.ts'
import { decodeTime, type LocalTime } from './time.ts'

export const ATTENDANCE_RECORD_BYTES = [8, 16, 40] as const
export type AttendanceRecordBytes = (typeof ATTENDANCE_RECORD_BYTES)[number]

export interface AttendanceRecord {
  /** The terminal's own number of the user's place; null where the record has only the user's number. */
  readonly uid: number | null
  /** The number that the person types; null in 8-byte records, which have only the place. */
  readonly user: string | null
  readonly time: LocalTime
  /** How the person was recognised: 0 password, 1 fingerprint, 2 card on most terminals. */
  readonly verify: number
  /** 0 in, 1 out, 2 break out, 3 break in, 4 overtime in, 5 overtime out; 255 none. */
  readonly punch: number
  readonly workCode: number | null
}

/**
 * Bytes of one record, from the total that stands before the log and the count of `freeSizes`. Throws AppError
 * `zkteco.partial_read` unless they divide into a known size: a log that does not add up is no log.
 */
export function attendanceRecordBytes(totalBytes: number, count: number): AttendanceRecordBytes {
  const size = ATTENDANCE_RECORD_BYTES.find((bytes) => bytes * count === totalBytes)
  if (size !== undefined) return size
  throw new AppError(
    ZktecoErrorCode.partialRead,
    `the log has ${totalBytes} bytes for ${count} records: no known size of record`,
    { details: { total: totalBytes, count } },
  )
}

/** Decodes whole records. Throws `zkteco.partial_read` for a rest, `zkteco.bad_record` for a time that cannot be. */
export function decodeAttendance(bytes: Uint8Array, size: AttendanceRecordBytes): AttendanceRecord[] {
  if (bytes.length % size !== 0) {
    throw new AppError(ZktecoErrorCode.partialRead, `${bytes.length} bytes are no whole records of ${size}`, {
      details: { received: bytes.length, size },
    })
  }
  return Array.from({ length: bytes.length / size }, (_, index) => {
    const record = bytes.subarray(index * size, (index + 1) * size)
    try {
      return decodeOne(record, size)
    } catch (error) {
      throw badRecord(`record ${index}: ${(error as Error).message}`, index * size, record)
    }
  })
}

function decodeOne(record: Uint8Array, size: AttendanceRecordBytes): AttendanceRecord {
  const view = viewOf(record)
  switch (size) {
    case 8:
      return {
        uid: view.getUint16(0, true),
        user: null,
        verify: view.getUint8(2),
        time: decodeTime(view.getUint32(3, true)),
        punch: view.getUint8(7),
        workCode: null,
      }
    case 16:
      return {
        uid: null,
        user: String(view.getUint32(0, true)),
        time: decodeTime(view.getUint32(4, true)),
        verify: view.getUint8(8),
        punch: view.getUint8(9),
        workCode: view.getUint32(12, true) || null,
      }
    case 40:
      return {
        uid: view.getUint16(0, true),
        user: decodeText(record.subarray(2, 26)),
        verify: view.getUint8(26),
        time: decodeTime(view.getUint32(27, true)),
        punch: view.getUint8(31),
        workCode: null,
      }
  }
}

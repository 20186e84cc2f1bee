/** The reply to `freeSizes` (zk-protocol `terminal.md`, "Get Device Status"; pyzk `read_sizes`). */
import { badRecord, viewOf } from './bytes.ts'

export interface TerminalSizes {
  readonly users: number
  readonly fingerprints: number
  /** Records in the attendance log. */
  readonly records: number
  readonly fingerprintCapacity: number
  readonly userCapacity: number
  readonly recordCapacity: number
  /** Null on terminals without a camera. */
  readonly faces: number | null
}

const FIXED_BYTES = 80
const WITH_FACES_BYTES = 92

/** Throws AppError `zkteco.bad_record` for fewer than 80 bytes or a negative count. */
export function decodeSizes(data: Uint8Array): TerminalSizes {
  if (data.length < FIXED_BYTES) throw badRecord(`sizes of ${data.length} bytes, not 80`, 0, data)
  const view = viewOf(data)
  const at = (offset: number) => {
    const value = view.getInt32(offset, true)
    if (value < 0) throw badRecord(`a count of ${value}`, offset, data)
    return value
  }
  return {
    users: at(16),
    fingerprints: at(24),
    records: at(32),
    fingerprintCapacity: at(56),
    userCapacity: at(60),
    recordCapacity: at(64),
    faces: data.length >= WITH_FACES_BYTES ? at(80) : null,
  }
}

/** Reply to `doorState`: 1 open, 0 closed (zk-protocol `access.md`). Throws `zkteco.bad_record` without a byte. */
export function decodeDoorState(data: Uint8Array): 0 | 1 {
  if (data.length === 0) throw badRecord('the door state has no byte', 0, data)
  return data[0] === 0 ? 0 : 1
}

/** Reply to `dataRequest` when the table is in the buffer: `00 size size check`. */
export function decodeBufferSize(data: Uint8Array): number {
  if (data.length < 5) throw badRecord(`announcement of ${data.length} bytes`, 0, data)
  return viewOf(data).getUint32(1, true)
}

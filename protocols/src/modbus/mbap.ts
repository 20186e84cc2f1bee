/** Modbus TCP framing: "MODBUS Messaging on TCP/IP Implementation Guide" V1.0b, section 3.1. */
import { AppError } from '../contract/app-error.ts'
import { ModbusErrorCode } from './errors.ts'

export interface MbapFrame {
  readonly transactionId: number
  readonly unitId: number
  /** Function code and data, 1–253 bytes. */
  readonly pdu: Uint8Array
}

export const MBAP_HEADER_BYTES = 7
export const MAX_PDU_BYTES = 253

/** One frame as bytes. Throws AppError `modbus.bad_frame` when the PDU is empty or too long. */
export function encodeMbap(frame: MbapFrame): Uint8Array {
  const length = frame.pdu.length
  if (length < 1 || length > MAX_PDU_BYTES)
    throw badFrame(`PDU of ${length} bytes`, MBAP_HEADER_BYTES, frame.pdu)
  const bytes = new Uint8Array(MBAP_HEADER_BYTES + length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, frame.transactionId)
  view.setUint16(4, length + 1)
  view.setUint8(6, frame.unitId)
  bytes.set(frame.pdu, MBAP_HEADER_BYTES)
  return bytes
}

/**
 * Takes the frame that begins at `offset`; null while bytes of it are still to come. Go on at `offset + size`.
 * Throws AppError `modbus.bad_frame` (details.offset, details.bytes) when no Modbus frame can begin so: the
 * stream has then lost its step and the connection has to be closed.
 */
export function decodeMbap(bytes: Uint8Array, offset = 0): { frame: MbapFrame; size: number } | null {
  const available = bytes.length - offset
  if (available < 6) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, available)
  if (view.getUint16(2) !== 0)
    throw badFrame(`protocol ${view.getUint16(2)}, not 0`, offset + 2, bytes, offset)
  const length = view.getUint16(4)
  if (length < 2 || length > MAX_PDU_BYTES + 1) throw badFrame(`length ${length}`, offset + 4, bytes, offset)
  const size = 6 + length
  if (available < size) return null
  return {
    frame: {
      transactionId: view.getUint16(0),
      unitId: view.getUint8(6),
      pdu: bytes.subarray(offset + MBAP_HEADER_BYTES, offset + size),
    },
    size,
  }
}

const nothing = new Uint8Array(0)

/** Cuts a stream of chunks into frames, whatever way TCP has split or joined them. */
export class MbapReader {
  private pending: Uint8Array = nothing

  /**
   * Frames that the chunk completes, in order; views of the chunk where it holds them whole. What is left is copied.
   * Throws like `decodeMbap`.
   */
  push(chunk: Uint8Array): MbapFrame[] {
    const bytes = this.pending.length === 0 ? chunk : concat(this.pending, chunk)
    const frames: MbapFrame[] = []
    let offset = 0
    for (;;) {
      const next = decodeMbap(bytes, offset)
      if (!next) break
      frames.push(next.frame)
      offset += next.size
    }
    // Not `bytes.slice`, which of a Buffer is a view and would keep it.
    this.pending = offset === bytes.length ? nothing : Uint8Array.from(bytes.subarray(offset))
    return frames
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

function badFrame(reason: string, offset: number, bytes: Uint8Array, from = 0): AppError {
  const hex = Array.from(bytes.subarray(from, from + 32), (byte) => byte.toString(16).padStart(2, '0')).join(
    ' ',
  )
  return new AppError(ModbusErrorCode.badFrame, `not a Modbus TCP frame: ${reason} at byte ${offset}`, {
    details: { offset, bytes: hex },
  })
}

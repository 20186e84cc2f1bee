/**
 * Modbus RTU framing: "MODBUS over Serial Line Specification and Implementation Guide" V1.02, section 2.5. A frame is
 * unit, PDU and checksum, low byte first. It has neither a length nor a number: silence ends it on the wire, and a
 * reply belongs to a request only by unit, function and length.
 */
import { crc16 } from './crc16.ts'
import { MAX_PDU_BYTES } from './mbap.ts'

export interface RtuFrame {
  readonly unitId: number
  readonly pdu: Uint8Array
}

/** 2.5.1: 256 bytes with unit and checksum. */
export const MAX_RTU_BYTES = MAX_PDU_BYTES + 3
const SMALLEST_RTU_BYTES = 4

export function encodeRtu({ unitId, pdu }: RtuFrame): Uint8Array {
  const bytes = new Uint8Array(pdu.length + 3)
  bytes[0] = unitId
  bytes.set(pdu, 1)
  const crc = crc16(bytes.subarray(0, -2))
  bytes[bytes.length - 2] = crc & 0xff
  bytes[bytes.length - 1] = crc >> 8
  return bytes
}

/** The bytes as one whole frame; null when the checksum says otherwise. */
export function decodeRtu(bytes: Uint8Array): RtuFrame | null {
  const { length } = bytes
  if (length < SMALLEST_RTU_BYTES || length > MAX_RTU_BYTES) return null
  const crc = crc16(bytes.subarray(0, -2))
  if (bytes[length - 2] !== (crc & 0xff) || bytes[length - 1] !== crc >> 8) return null
  return { unitId: bytes[0]!, pdu: bytes.subarray(1, -2) }
}

/** Silence that ends a frame: 3.5 characters, fixed to 1.75 ms above 19200 bits per second (2.5.1.1). */
export function rtuSilenceMs(baudRate: number, characterMs: number): number {
  return baudRate > 19_200 ? 1.75 : 3.5 * characterMs
}

/**
 * Looks for the reply to a request in all that came since it was sent. Noise before it and late replies of others are
 * passed over; a frame counts only when unit, function, length (for writes the echo) and checksum are right. Null while there
 * is none.
 */
export function findRtuReply(received: Uint8Array, unitId: number, request: Uint8Array): Uint8Array | null {
  for (let start = 0; start + 5 <= received.length; start++) {
    if (received[start] !== unitId) continue
    const length = replyLength(received, start, request)
    if (length === null || start + length > received.length) continue
    const frame = decodeRtu(received.subarray(start, start + length))
    if (frame) return frame.pdu
  }
  return null
}

/** Bytes of the frame that begins at `start`, if it can be a reply to the request; null when it cannot or not yet. */
function replyLength(bytes: Uint8Array, start: number, request: Uint8Array): number | null {
  const fn = request[0]!
  if (bytes[start + 1] === (fn | 0x80)) return 5
  if (bytes[start + 1] !== fn) return null
  if (fn <= 4) {
    const count = request[3]! * 256 + request[4]!
    const data = fn <= 2 ? Math.ceil(count / 8) : count * 2
    return bytes[start + 2] === data ? data + 5 : null
  }
  if (fn === 0x2b) return identificationLength(bytes, start)
  for (let i = 2; i < 6; i++) if (bytes[start + i] !== request[i - 1]) return null
  return 8
}

/** Function 43/14 (Application Protocol 6.21): six bytes of head, then objects of their own lengths. */
function identificationLength(bytes: Uint8Array, start: number): number | null {
  if (bytes[start + 2] !== 0x0e) return null
  const objects = bytes[start + 7]
  if (objects === undefined) return null
  let length = 8
  for (let i = 0; i < objects; i++) {
    const size = bytes[start + length + 1]
    if (size === undefined) return null
    length += 2 + size
  }
  return length + 2 > MAX_RTU_BYTES ? null : length + 2
}

/** In words for people, why the bytes are no reply: the frame of another unit, a wrong checksum, too few. */
export function explainRtu(received: Uint8Array, unitId: number, request: Uint8Array): string {
  const whole = decodeRtu(received)
  if (whole && whole.unitId !== unitId) return `a reply of unit ${whole.unitId} in place of unit ${unitId}`
  if (whole && (whole.pdu[0]! & 0x7f) !== request[0]) {
    return `a reply of function ${whole.pdu[0]} in place of ${request[0]}`
  }
  if (whole) return `a reply of ${received.length} bytes that does not fit the request`
  return `${received.length} bytes without a reply whose checksum is right`
}

/**
 * Cuts the requests out of a stream, for the side that answers. A frame whose length its function tells is whole when
 * its checksum is right, whatever noise stands before it; `silence()` ends what is left. Never throws and never holds
 * more than one frame's bytes.
 */
export class RtuRequestReader {
  private pending: Uint8Array = new Uint8Array(0)

  push(chunk: Uint8Array): RtuFrame[] {
    const bytes = new Uint8Array(this.pending.length + chunk.length)
    bytes.set(this.pending)
    bytes.set(chunk, this.pending.length)
    const frames: RtuFrame[] = []
    let taken = 0
    for (let start = 0; start + SMALLEST_RTU_BYTES <= bytes.length;) {
      const length = requestLength(bytes, start) ?? Infinity
      const frame = start + length <= bytes.length ? decodeRtu(bytes.subarray(start, start + length)) : null
      if (frame) frames.push(frame)
      start += frame ? length : 1
      if (frame) taken = start
    }
    this.pending = bytes.slice(Math.max(taken, bytes.length - MAX_RTU_BYTES))
    return frames
  }

  /** The line is silent: what came is a frame or nothing. */
  silence(): RtuFrame | null {
    const frame = decodeRtu(this.pending)
    this.pending = new Uint8Array(0)
    return frame
  }
}

/** Null for functions whose length only silence tells, and while the byte that tells it has not come. */
function requestLength(bytes: Uint8Array, start: number): number | null {
  const fn = bytes[start + 1]!
  if (fn >= 1 && fn <= 6) return 8
  if (fn === 0x2b) return 7
  if (fn !== 15 && fn !== 16) return null
  const data = bytes[start + 6]
  return data === undefined ? null : 9 + data
}

/**
 * Frames of DL/T 645, the same in both editions (DL/T 645-2007, 5.2):
 * `FE… | 68 | A0–A5 | 68 | C | L | DATA + 33H | CS | 16`, addresses and numbers low byte first.
 */
import { AppError } from '../contract/app-error.ts'
import { checksum, findFrames, hexText, wireBytes, writtenHex, type FrameAt, type FrameFormat } from '../meter-bus/index.ts' // prettier-ignore
import { Dlt645ErrorCode } from './errors.ts'

export interface Dlt645Frame {
  /** Twelve digits as on the meter's plate, high byte first; `AA` where a byte is a wildcard. */
  readonly address: string
  readonly control: number
  /** Without the 33H that the wire adds to each byte. */
  readonly data: Uint8Array
}

const START = 0x68
const END = 0x16
/** Start, address, start, control, length; checksum, end. */
const HEADER_BYTES = 10
const TRAILER_BYTES = 2
/** L is one byte; the standard stops at 200, some meters do not. */
export const MAX_FRAME_BYTES = HEADER_BYTES + 255 + TRAILER_BYTES
const WAKE_UP = 0xfe

/** Read by address AA…AA: answered by any meter, so only when it is alone (5.2.2). */
export const ANY_ADDRESS = 'AAAAAAAAAAAA'
/** Obeyed by all meters, answered by none (5.2.2). */
export const BROADCAST_ADDRESS = '999999999999'

/**
 * @param preambleBytes FE before the frame, to wake the receiver; the standard says 4, meters stand 0–n
 * @throws AppError `dlt645.bad_request` for an address that is not 12 digits (or AA), or too much data
 */
export function encodeFrame(frame: Dlt645Frame, preambleBytes = 4): Uint8Array {
  const { address, control, data } = frame
  if (!/^(\d\d|AA){6}$/.test(address)) throw badRequest(`address ${address} is not 12 digits`, address)
  if (data.length > 255) throw badRequest(`${data.length} bytes of data`, data.length)
  const bytes = new Uint8Array(preambleBytes + HEADER_BYTES + data.length + TRAILER_BYTES)
  bytes.fill(WAKE_UP, 0, preambleBytes)
  bytes[preambleBytes] = START
  bytes.set(wireBytes(address), preambleBytes + 1)
  bytes.set([START, control, data.length], preambleBytes + 7)
  bytes.set(data.map((byte) => byte + 0x33), preambleBytes + HEADER_BYTES) // prettier-ignore
  const end = preambleBytes + HEADER_BYTES + data.length
  bytes.set([checksum(bytes, preambleBytes, end), END], end)
  return bytes
}

/** How frames are found in a stream: with `FrameScanner` or `findFrames` of meter-bus. */
export const dlt645Format: FrameFormat<Dlt645Frame> = {
  start: START,
  at: frameAt,
  maxBytes: MAX_FRAME_BYTES,
}

function frameAt(bytes: Uint8Array, offset: number): FrameAt<Dlt645Frame> {
  const available = bytes.length - offset
  if (bytes[offset] !== START) return { kind: 'none', reason: 'no start byte' }
  if (available > 7 && bytes[offset + 7] !== START) return { kind: 'none', reason: 'no second start byte' }
  if (available < HEADER_BYTES) return { kind: 'incomplete' }
  const end = offset + HEADER_BYTES + bytes[offset + 9]!
  if (bytes.length < end + TRAILER_BYTES) return { kind: 'incomplete' }
  if (bytes[end + 1] !== END) return { kind: 'none', reason: 'no end byte' }
  if (bytes[end] !== checksum(bytes, offset, end)) return { kind: 'none', reason: 'checksum' }
  const frame = {
    address: writtenHex(bytes.subarray(offset + 1, offset + 7)),
    control: bytes[offset + 8]!,
    data: bytes.slice(offset + HEADER_BYTES, end).map((byte) => byte - 0x33),
  }
  return { kind: 'frame', frame, size: end + TRAILER_BYTES - offset }
}

/**
 * The one frame that the bytes are, after any number of wake-up bytes.
 * @throws AppError `dlt645.bad_frame` with details.offset (where it goes wrong) and details.bytes
 */
export function decodeFrame(bytes: Uint8Array): Dlt645Frame {
  let offset = 0
  while (bytes[offset] === WAKE_UP) offset += 1
  const here = frameAt(bytes, offset)
  if (here.kind === 'incomplete') throw badFrame('ends too early', bytes.length, bytes)
  if (here.kind === 'none') throw badFrame(here.reason, offset, bytes)
  if (offset + here.size < bytes.length) throw badFrame('bytes behind its end', offset + here.size, bytes)
  return here.frame
}

/** Every frame in the bytes, in order. */
export function framesIn(bytes: Uint8Array): Dlt645Frame[] {
  return findFrames(dlt645Format, bytes).map(({ frame }) => frame)
}

function badFrame(reason: string, offset: number, bytes: Uint8Array): AppError {
  return new AppError(Dlt645ErrorCode.badFrame, `not a DL/T 645 frame: ${reason} at byte ${offset}`, {
    details: { offset, bytes: hexText(bytes) },
  })
}

export function badRequest(reason: string, value: unknown): AppError {
  return new AppError(Dlt645ErrorCode.badRequest, reason, { details: { value } })
}

/**
 * Frames of CJ/T 188, the same in both editions (CJ/T 188-2004, 6.2):
 * `FE… | 68 | T | A0–A6 | C | L | DATA | CS | 16`. Nothing is added to the data, unlike DL/T 645.
 */
import { AppError } from '../contract/app-error.ts'
import { checksum, findFrames, hexText, wireBytes, writtenHex, type FrameAt, type FrameFormat } from '../meter-bus/index.ts' // prettier-ignore
import { Cjt188ErrorCode } from './errors.ts'

export interface Cjt188Frame {
  /** Type of meter T: 10 cold water … 30 gas; AA in requests means any. */
  readonly meterType: number
  /** Fourteen digits, A6 first: two bytes of manufacturer, then the number on the plate. */
  readonly address: string
  readonly control: number
  readonly data: Uint8Array
}

const START = 0x68
const END = 0x16
/** Start, type, address, control, length; checksum, end. */
const HEADER_BYTES = 11
const TRAILER_BYTES = 2
export const MAX_FRAME_BYTES = HEADER_BYTES + 255 + TRAILER_BYTES
const WAKE_UP = 0xfe

/** T and address that any meter answers, so only when it is alone (6.2.2 and 6.2.3). */
export const ANY_TYPE = 0xaa
export const ANY_ADDRESS = 'AAAAAAAAAAAAAA'

/**
 * @param preambleBytes FE before the frame, to wake the receiver; the standard says 2 to 4
 * @throws AppError `cjt188.bad_request` for an address that is not 14 hexadecimal digits, or too much data
 */
export function encodeFrame(frame: Cjt188Frame, preambleBytes = 4): Uint8Array {
  const { meterType, address, control, data } = frame
  // Most addresses are digits; manufacturers' codes and some meters in the field are not.
  if (!/^[0-9A-F]{14}$/.test(address)) throw badRequest(`address ${address} is not 14 digits`, address)
  if (data.length > 255) throw badRequest(`${data.length} bytes of data`, data.length)
  const end = preambleBytes + HEADER_BYTES + data.length
  const bytes = new Uint8Array(end + TRAILER_BYTES)
  bytes.fill(WAKE_UP, 0, preambleBytes)
  bytes.set([START, meterType, ...wireBytes(address), control, data.length, ...data], preambleBytes)
  bytes.set([checksum(bytes, preambleBytes, end), END], end)
  return bytes
}

/** How frames are found in a stream: with `FrameScanner` or `findFrames` of meter-bus. */
export const cjt188Format: FrameFormat<Cjt188Frame> = {
  start: START,
  at: frameAt,
  maxBytes: MAX_FRAME_BYTES,
}

function frameAt(bytes: Uint8Array, offset: number): FrameAt<Cjt188Frame> {
  const available = bytes.length - offset
  if (bytes[offset] !== START) return { kind: 'none', reason: 'no start byte' }
  if (available < HEADER_BYTES) return { kind: 'incomplete' }
  const end = offset + HEADER_BYTES + bytes[offset + 10]!
  if (bytes.length < end + TRAILER_BYTES) return { kind: 'incomplete' }
  if (bytes[end + 1] !== END) return { kind: 'none', reason: 'no end byte' }
  if (bytes[end] !== checksum(bytes, offset, end)) return { kind: 'none', reason: 'checksum' }
  const frame = {
    meterType: bytes[offset + 1]!,
    address: writtenHex(bytes.subarray(offset + 2, offset + 9)),
    control: bytes[offset + 9]!,
    data: bytes.slice(offset + HEADER_BYTES, end),
  }
  return { kind: 'frame', frame, size: end + TRAILER_BYTES - offset }
}

/**
 * The one frame that the bytes are, after any number of wake-up bytes.
 * @throws AppError `cjt188.bad_frame` with details.offset (where it goes wrong) and details.bytes
 */
export function decodeFrame(bytes: Uint8Array): Cjt188Frame {
  let offset = 0
  while (bytes[offset] === WAKE_UP) offset += 1
  const here = frameAt(bytes, offset)
  if (here.kind === 'incomplete') throw badFrame('ends too early', bytes.length, bytes)
  if (here.kind === 'none') throw badFrame(here.reason, offset, bytes)
  if (offset + here.size < bytes.length) throw badFrame('bytes behind its end', offset + here.size, bytes)
  return here.frame
}

/** Every frame in the bytes, in order. */
export function framesIn(bytes: Uint8Array): Cjt188Frame[] {
  return findFrames(cjt188Format, bytes).map(({ frame }) => frame)
}

function badFrame(reason: string, offset: number, bytes: Uint8Array): AppError {
  return new AppError(Cjt188ErrorCode.badFrame, `not a CJ/T 188 frame: ${reason} at byte ${offset}`, {
    details: { offset, bytes: hexText(bytes) },
  })
}

export function badRequest(reason: string, value: unknown): AppError {
  return new AppError(Cjt188ErrorCode.badRequest, reason, { details: { value } })
}

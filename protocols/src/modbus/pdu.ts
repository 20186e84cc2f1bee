/**
 * What stands in a frame, whatever carries it: "MODBUS Application Protocol Specification" V1.1b3, section 6. A PDU is
 * the function code and its data, without unit, checksum or header.
 */
import { AppError } from '../contract/app-error.ts'
import { ModbusErrorCode } from './errors.ts'

export interface ModbusRead {
  readonly function: 1 | 2 | 3 | 4
  readonly address: number
  readonly count: number
}

export interface ModbusWriteRequest {
  /** 5 one coil, 6 one register, 15 coils, 16 registers. */
  readonly function: 5 | 6 | 15 | 16
  readonly address: number
  /** Coils as 0 and 1, registers as 0–65535. */
  readonly values: readonly number[]
}

/** Most values in one request (6.1–6.4, 6.11, 6.12). */
export const maxValues = { 1: 2000, 2: 2000, 3: 125, 4: 125, 5: 1, 6: 1, 15: 1968, 16: 123 } as const

/** Names of the exception codes (section 7). */
const exceptionNames: Record<number, string> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'device failure',
  5: 'acknowledge: it is still working on it',
  6: 'device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target failed to respond',
}

export function exceptionText(code: number): string {
  return `exception ${code}${exceptionNames[code] ? ` (${exceptionNames[code]})` : ''}`
}

/** @throws AppError `modbus.bad_request` */
export function encodeRead({ function: fn, address, count }: ModbusRead): Uint8Array {
  checkSpan(fn, address, count)
  return Uint8Array.of(fn, address >> 8, address & 0xff, count >> 8, count & 0xff)
}

/** @throws AppError `modbus.bad_request` */
export function encodeWrite({ function: fn, address, values }: ModbusWriteRequest): Uint8Array {
  checkSpan(fn, address, values.length)
  const isCoil = fn === 5 || fn === 15
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value > (isCoil ? 1 : 0xffff))
  if (wrong !== undefined) throw badRequest(`${wrong} is no value of a ${isCoil ? 'coil' : 'register'}`)
  const head = [fn, address >> 8, address & 0xff]
  if (fn === 5) return Uint8Array.of(...head, values[0] === 1 ? 0xff : 0, 0)
  const words = values.flatMap((value) => [value >> 8, value & 0xff])
  if (fn === 6) return Uint8Array.of(...head, ...words)
  const data = fn === 15 ? packBits(values) : words
  return Uint8Array.of(...head, values.length >> 8, values.length & 0xff, data.length, ...data)
}

/** Bits in bytes, the first in the lowest bit of the first byte (6.1). */
export function packBits(bits: readonly number[]): number[] {
  const bytes = new Array<number>(Math.ceil(bits.length / 8)).fill(0)
  bits.forEach((bit, index) => {
    if (bit & 1) bytes[index >> 3]! |= 1 << (index & 7)
  })
  return bytes
}

/** What a reply says: the values read (one per register, 0 or 1 per bit), none for a write, or a refusal. */
export type ModbusAnswer =
  | { readonly exception: number; readonly words?: undefined }
  | { readonly exception: null; readonly words: readonly number[] }

/**
 * A reply's PDU against its request's. Function, byte count and (for writes) the echo of address and value must match.
 * @throws AppError `modbus.bad_reply`
 */
export function decodeAnswer(request: Uint8Array, reply: Uint8Array): ModbusAnswer {
  const fn = request[0]!
  if (reply[0] === (fn | 0x80)) {
    if (reply.length !== 2) throw badReply(`an exception of ${reply.length} bytes`, reply)
    return { exception: reply[1]! }
  }
  if (reply[0] !== fn) throw badReply(`function ${reply[0]} in place of ${fn}`, reply)
  return { exception: null, words: fn <= 4 ? readWords(request, reply) : writeEcho(request, reply) }
}

function readWords(request: Uint8Array, reply: Uint8Array): number[] {
  const count = request[3]! * 256 + request[4]!
  const isBits = request[0]! <= 2
  const bytes = isBits ? Math.ceil(count / 8) : count * 2
  if (reply[1] !== bytes || reply.length !== bytes + 2) {
    throw badReply(`${reply.length - 2} bytes of data, announced ${reply[1]}, in place of ${bytes}`, reply)
  }
  return Array.from({ length: count }, (_, i) =>
    isBits ? (reply[2 + (i >> 3)]! >> (i & 7)) & 1 : reply[2 + i * 2]! * 256 + reply[3 + i * 2]!,
  )
}

/** Functions 5 and 6 repeat the request; 15 and 16 its address and count (6.5, 6.6, 6.11, 6.12). */
function writeEcho(request: Uint8Array, reply: Uint8Array): number[] {
  const same = reply.length === 5 && reply.every((byte, i) => byte === request[i])
  if (!same) throw badReply('an echo that is not the request', reply)
  return []
}

function checkSpan(fn: keyof typeof maxValues, address: number, count: number): void {
  const most = maxValues[fn]
  if (count < 1 || count > most) throw badRequest(`${count} values; function ${fn} takes 1 to ${most}`)
  if (!Number.isInteger(address) || address < 0 || address + count > 0x10000) {
    throw badRequest(`${count} values at address ${address} run beyond 65535`)
  }
}

function badRequest(reason: string): AppError {
  return new AppError(ModbusErrorCode.badRequest, `no Modbus request: ${reason}`)
}

export function badReply(reason: string, bytes: Uint8Array): AppError {
  return new AppError(ModbusErrorCode.badReply, reason, { details: { bytes: hexText(bytes) } })
}

/** At most 300 bytes, as `01 03 02`. */
export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 300), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

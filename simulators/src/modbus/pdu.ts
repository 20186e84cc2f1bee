/** Requests and replies of the four reading functions: "MODBUS Application Protocol Specification" V1.1b3, 6.1–6.4. */
import type { ReadFunction } from './layout.ts'

export const ModbusException = {
  illegalFunction: 1,
  illegalDataAddress: 2,
  illegalDataValue: 3,
  /** What a gateway says for a unit that does not answer. */
  gatewayTargetFailed: 0x0b,
} as const

const MAX_REGISTERS = 125
const MAX_BITS = 2000

export interface ReadRequest {
  readonly function: ReadFunction
  readonly address: number
  readonly count: number
}

/** Takes a PDU with a reading function apart; the exception code when the standard refuses it. */
export function parseReadRequest(pdu: Uint8Array): ReadRequest | number {
  const fn = pdu[0] ?? 0
  if (fn < 1 || fn > 4) return ModbusException.illegalFunction
  if (pdu.length !== 5) return ModbusException.illegalDataValue
  const address = pdu[1]! * 256 + pdu[2]!
  const count = pdu[3]! * 256 + pdu[4]!
  if (count < 1 || count > (fn <= 2 ? MAX_BITS : MAX_REGISTERS)) return ModbusException.illegalDataValue
  if (address + count > 0x10000) return ModbusException.illegalDataAddress
  return { function: fn as ReadFunction, address, count }
}

export function exceptionReply(fn: number, code: number): Uint8Array {
  return Uint8Array.of((fn & 0x7f) | 0x80, code)
}

/** `words` holds a register each, or for functions 1 and 2 a bit each. */
export function readReply(fn: ReadFunction, words: Uint16Array): Uint8Array {
  return fn <= 2 ? bitsReply(fn, words) : registersReply(fn, words)
}

function registersReply(fn: number, words: Uint16Array): Uint8Array {
  const pdu = new Uint8Array(2 + words.length * 2)
  pdu[0] = fn
  pdu[1] = words.length * 2
  for (let i = 0; i < words.length; i++) {
    pdu[2 + i * 2] = words[i]! >> 8
    pdu[3 + i * 2] = words[i]! & 0xff
  }
  return pdu
}

function bitsReply(fn: number, bits: Uint16Array): Uint8Array {
  const bytes = Math.ceil(bits.length / 8)
  const pdu = new Uint8Array(2 + bytes)
  pdu[0] = fn
  pdu[1] = bytes
  bits.forEach((bit, i) => {
    if (bit & 1) pdu[2 + (i >> 3)]! |= 1 << (i & 7)
  })
  return pdu
}

export interface WriteRequest {
  readonly function: 5 | 6 | 15 | 16
  readonly address: number
  /** Coils as 0 and 1, registers as 0–65535. */
  readonly values: readonly number[]
}

/** Takes a PDU with a writing function apart (6.5, 6.6, 6.11, 6.12); the exception code when the standard refuses it. */
export function parseWriteRequest(pdu: Uint8Array): WriteRequest | number {
  const [fn = 0] = pdu
  if (fn !== 5 && fn !== 6 && fn !== 15 && fn !== 16) return ModbusException.illegalFunction
  if (pdu.length < 5) return ModbusException.illegalDataValue
  const address = pdu[1]! * 256 + pdu[2]!
  const second = pdu[3]! * 256 + pdu[4]!
  if (fn === 5 || fn === 6) {
    if (pdu.length !== 5) return ModbusException.illegalDataValue
    if (fn === 6) return { function: fn, address, values: [second] }
    if (second !== 0 && second !== 0xff00) return ModbusException.illegalDataValue
    return { function: fn, address, values: [second === 0 ? 0 : 1] }
  }
  return parseMultiple(fn, address, second, pdu)
}

function parseMultiple(fn: 15 | 16, address: number, count: number, pdu: Uint8Array): WriteRequest | number {
  const bytes = fn === 15 ? Math.ceil(count / 8) : count * 2
  const most = fn === 15 ? 1968 : 123
  if (count < 1 || count > most || pdu[5] !== bytes || pdu.length !== 6 + bytes) {
    return ModbusException.illegalDataValue
  }
  if (address + count > 0x10000) return ModbusException.illegalDataAddress
  const values = Array.from({ length: count }, (_, i) =>
    fn === 15 ? (pdu[6 + (i >> 3)]! >> (i & 7)) & 1 : pdu[6 + i * 2]! * 256 + pdu[7 + i * 2]!,
  )
  return { function: fn, address, values }
}

/** Functions 5 and 6 repeat the request, 15 and 16 its address and count. */
export function writeReply(request: Uint8Array): Uint8Array {
  return request.slice(0, 5)
}

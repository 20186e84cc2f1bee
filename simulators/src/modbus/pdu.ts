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

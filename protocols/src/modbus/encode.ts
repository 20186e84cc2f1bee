import { AppError } from '../contract/app-error.ts'
import type { ModbusRegister } from '../profile/drivers/modbus.section.ts'
import { add, type Decimal, divideRounded, powerOfTen } from '../decimal/index.ts'
import { conversionOf } from './decode.ts'
import { ModbusErrorCode } from './errors.ts'
import { bitsFromFloat16, bitsFromFloat32, bitsFromFloat64 } from './float.ts'
import { registerWidth, swapsBytes, swapsWords, type ValueForm, valueForm } from './value-type.ts'

/**
 * Exact decimal `mantissa` / 10^`scale` → the words that stand on the wire from the register's address on;
 * the inverse of `decodeValue`. What the form cannot hold exactly is rounded half away from zero to its step.
 * A `bits` field comes back in its place with all other bits 0.
 * Throws AppError `modbus.value_out_of_range` when the form is too small.
 */
export function encodeValue(
  register: ModbusRegister,
  mantissa: number | bigint,
  scale: number,
  exponent = 0,
): number[] {
  const form = valueForm(register.type)
  const { factor, offset, plainPlaces } = conversionOf(register)
  if (register.type === 'float32' && plainPlaces === 0 && exponent === 0) {
    // The quotient of two exact numbers is the nearest double, which is also what the long road leads to.
    return wordsOf(register, float32Bits(register, Number(mantissa) / 10 ** scale))
  }
  const plain = add(
    { units: BigInt(mantissa), places: scale },
    { units: -offset.units, places: offset.places },
  )
  const dividend: Decimal = { units: plain.units, places: plain.places + exponent }
  const bits =
    form.kind === 'float'
      ? floatBits(register, Number(quotientText(dividend, factor)), form.bitCount)
      : integerBits(register, quotient(dividend, factor, 0), form)
  return wordsOf(register, bits)
}

/** The word that asks for a power of ten at `exponentAddress`. */
export function wordFromSigned(value: number): number {
  return value & 0xffff
}

/** (a / b) in units of 10^-places, rounded half away from zero. */
function quotient(a: Decimal, b: Decimal, places: number): bigint {
  const shift = places - a.places + b.places
  if (shift >= 0) return divideRounded(a.units * powerOfTen(shift), b.units)
  return divideRounded(a.units, b.units * powerOfTen(-shift))
}

/** Enough digits that the text leads to the nearest double. */
function quotientText(a: Decimal, b: Decimal): string {
  const places = Math.max(a.places - b.places, 0) + 40
  return `${quotient(a, b, places)}e-${places}`
}

function floatBits(
  register: ModbusRegister,
  value: number,
  bitCount: ValueForm['bitCount'],
): bigint | number {
  if (bitCount === 64) return bitsFromFloat64(value)
  if (bitCount === 32) return float32Bits(register, value)
  const bits = bitsFromFloat16(value)
  if ((bits & 0x7c00) === 0x7c00) throw outOfRange(register, String(value))
  return bits
}

function float32Bits(register: ModbusRegister, value: number): number {
  if (!Number.isFinite(Math.fround(value))) throw outOfRange(register, String(value))
  return bitsFromFloat32(value)
}

function integerBits(register: ModbusRegister, raw: bigint, form: ValueForm): bigint {
  const bits = BigInt(form.kind === 'bits' ? (register.width ?? 1) : form.bitCount)
  const low = form.kind === 'signed' ? -(1n << (bits - 1n)) : 0n
  const high = form.kind === 'bcd' ? powerOfTen(form.bitCount / 4) : low + (1n << bits)
  if (raw < low || raw >= high) throw outOfRange(register, raw.toString())
  if (form.kind === 'bcd') return BigInt(`0x${raw}`)
  if (form.kind === 'bits') return raw << BigInt(register.shift ?? 0)
  return BigInt.asUintN(form.bitCount, raw)
}

function outOfRange(register: ModbusRegister, raw: string): AppError {
  return new AppError(ModbusErrorCode.valueOutOfRange, `${raw} does not fit ${register.type}`, {
    details: { type: register.type, address: register.address, raw },
  })
}

function wordsOf(register: ModbusRegister, bits: bigint | number): number[] {
  const words = typeof bits === 'number' ? wordsOfNumber(register, bits) : wordsOfBigint(register, bits)
  if (swapsWords(register.order)) words.reverse()
  return swapsBytes(register.order) ? words.map((word) => ((word & 0xff) << 8) | (word >> 8)) : words
}

function wordsOfNumber(register: ModbusRegister, bits: number): number[] {
  return registerWidth(register.type) === 1 ? [bits & 0xffff] : [bits >>> 16, bits & 0xffff]
}

function wordsOfBigint(register: ModbusRegister, bits: bigint): number[] {
  const count = registerWidth(register.type)
  return Array.from({ length: count }, (_, i) => Number((bits >> BigInt(16 * (count - 1 - i))) & 0xffffn))
}

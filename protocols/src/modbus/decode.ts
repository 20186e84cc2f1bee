import type { ModbusRegister } from '../profile/drivers/modbus.section.ts'
import { add, type Decimal, multiply, parseDecimal, unitsAt } from '../decimal/index.ts'
import { float16FromBits, float32FromBits, float64FromBits, shortestDecimal } from './float.ts'
import { swapsBytes, swapsWords, type ValueForm, valueForm } from './value-type.ts'

/** A value of the point in units of 10^-scale, or why there is none. */
export type DecodedValue =
  | { readonly mantissa: number; readonly invalid?: undefined }
  | { readonly mantissa: null; readonly invalid: string }

/** Powers of ten beyond this are noise on the line, not a meter's unit. */
const MAX_EXPONENT = 18

/**
 * Words as they came from the wire → exact decimal, rounded half away from zero to `scale` places.
 *
 * `words` begins at the register's address and holds at least `registerWidth(type)` 16-bit numbers; for
 * functions 1 and 2 it holds one number per bit, 0 or 1. `exponent` is what stands at `exponentAddress`
 * (see `signedWord`). Never throws: what cannot be a value is `invalid` with a reason.
 */
export function decodeValue(
  register: ModbusRegister,
  words: ArrayLike<number>,
  scale: number,
  exponent = 0,
): DecodedValue {
  const form = valueForm(register.type)
  const missing = Math.ceil(form.bitCount / 16) - words.length
  if (missing > 0) return invalid(`${missing} registers of ${register.type} are missing`)
  if (Math.abs(exponent) > MAX_EXPONENT) return invalid(`power of ten ${exponent} is out of range`)
  const raw = rawBits(register, words, form)
  if (register.invalid.length > 0 && isSentinel(register, raw)) {
    return invalid(`device says no value (0x${raw.toString(16).padStart(form.bitCount / 4, '0')})`)
  }
  if (form.kind === 'float') return decodeFloat(register, raw, form.bitCount as 16 | 32 | 64, scale, exponent)
  const integer = integerOf(register, raw, form)
  if (integer === null) return invalid(`0x${raw.toString(16)} is not BCD`)
  return finish(register, integer, scale, exponent)
}

/** The power-of-ten register is a signed 16-bit number. */
export function signedWord(word: number): number {
  return (word << 16) >> 16
}

function invalid(reason: string): DecodedValue {
  return { mantissa: null, invalid: reason }
}

/** The value's bits as an unsigned number, most significant first whatever the order on the wire. */
function rawBits(register: ModbusRegister, words: ArrayLike<number>, form: ValueForm): number | bigint {
  const count = Math.ceil(form.bitCount / 16)
  const bytesSwapped = swapsBytes(register.order)
  const wordsSwapped = swapsWords(register.order)
  const word = (index: number): number => {
    const value = words[wordsSwapped ? count - 1 - index : index]! & 0xffff
    return bytesSwapped ? ((value & 0xff) << 8) | (value >> 8) : value
  }
  if (form.bitCount === 8) return word(0) & 0xff
  if (count === 1) return word(0)
  if (count === 2) return word(0) * 0x10000 + word(1)
  if (count === 3) return word(0) * 0x1_0000_0000 + word(1) * 0x10000 + word(2)
  const high = BigInt(word(0) * 0x10000 + word(1))
  return (high << 32n) | BigInt(word(2) * 0x10000 + word(3))
}

function isSentinel(register: ModbusRegister, raw: number | bigint): boolean {
  return register.invalid.some((hex) => BigInt(`0x${hex}`) === BigInt(raw))
}

function integerOf(register: ModbusRegister, raw: number | bigint, form: ValueForm): number | bigint | null {
  switch (form.kind) {
    case 'signed':
      if (typeof raw === 'bigint') return BigInt.asIntN(form.bitCount, raw)
      return raw >= 2 ** (form.bitCount - 1) ? raw - 2 ** form.bitCount : raw
    case 'bcd':
      return bcdNumber(Number(raw))
    case 'bits':
      return (Number(raw) >> (register.shift ?? 0)) & ((1 << (register.width ?? 1)) - 1)
    default:
      return raw
  }
}

function bcdNumber(raw: number): number | null {
  const digits = raw.toString(16)
  return /^\d+$/.test(digits) ? Number(digits) : null
}

function decodeFloat(
  register: ModbusRegister,
  raw: number | bigint,
  bitCount: 16 | 32 | 64,
  scale: number,
  exponent: number,
): DecodedValue {
  const value =
    bitCount === 64
      ? float64FromBits(BigInt(raw))
      : bitCount === 32
        ? float32FromBits(Number(raw))
        : float16FromBits(Number(raw))
  if (!Number.isFinite(value)) return invalid(Number.isNaN(value) ? 'not a number' : 'infinite')
  if (bitCount === 32 && exponent === 0 && register.factor === '1' && register.offset === '0') {
    const quick = roundUnambiguous(value, scale)
    if (quick !== null) return { mantissa: quick }
  }
  return finishDecimal(register, shortestDecimal(value, bitCount), scale, exponent)
}

/**
 * The same result as by the shortest decimal, without its cost: the meant decimal lies within half a
 * float32 step (2^-24, relative) of the value, so when that band holds no rounding boundary, every number in it
 * rounds alike. Null when in doubt.
 */
function roundUnambiguous(value: number, scale: number): number | null {
  const scaled = Math.abs(value) * 10 ** scale
  if (scaled > 0x7fff_ffff || Math.abs(value) < 2 ** -126) return null
  const floor = Math.floor(scaled)
  const band = scaled * 2 ** -23
  const toBoundary = Math.abs(scaled - floor - 0.5)
  if (toBoundary <= band) return null
  const rounded = scaled - floor > 0.5 ? floor + 1 : floor
  return value < 0 && rounded !== 0 ? -rounded : rounded
}

interface Conversion {
  readonly factor: Decimal
  readonly offset: Decimal
  /** Decimal places of the factor when it is 10^-n and there is no offset; else null. */
  readonly plainPlaces: number | null
}

const conversions = new WeakMap<ModbusRegister, Conversion>()

export function conversionOf(register: ModbusRegister): Conversion {
  let conversion = conversions.get(register)
  if (!conversion) {
    const factor = parseDecimal(register.factor)
    const offset = parseDecimal(register.offset)
    const plainPlaces = factor.units === 1n && offset.units === 0n ? factor.places : null
    conversion = { factor, offset, plainPlaces }
    conversions.set(register, conversion)
  }
  return conversion
}

function finish(
  register: ModbusRegister,
  raw: number | bigint,
  scale: number,
  exponent: number,
): DecodedValue {
  const { plainPlaces } = conversionOf(register)
  if (typeof raw === 'number' && plainPlaces !== null) {
    const shift = scale + exponent - plainPlaces
    const mantissa = shift >= 0 && shift <= 15 ? raw * 10 ** shift : NaN
    if (Number.isSafeInteger(mantissa)) return { mantissa }
  }
  return finishDecimal(register, { units: BigInt(raw), places: 0 }, scale, exponent)
}

function finishDecimal(
  register: ModbusRegister,
  raw: Decimal,
  scale: number,
  exponent: number,
): DecodedValue {
  const { factor, offset } = conversionOf(register)
  const product = multiply(raw, factor)
  const value = add({ units: product.units, places: product.places - exponent }, offset)
  // Far below half a unit: spares the division by a power of ten with hundreds of digits.
  if (value.places - scale > 400) return { mantissa: 0 }
  const units = unitsAt(value, scale)
  const mantissa = Number(units)
  if (!Number.isSafeInteger(mantissa)) {
    return invalid(`value of ${units.toString().length} digits is beyond the exact range`)
  }
  return { mantissa }
}

/**
 * Binary floats as meters send them. A meter that shows 230.1 sends the float32 nearest to it, which is
 * 230.1000061…; the decimal it meant is the shortest one that leads back to the same float.
 */
import { type Decimal, parseDecimal } from '../decimal/index.ts'

const view = new DataView(new ArrayBuffer(8))

export function float32FromBits(bits: number): number {
  view.setUint32(0, bits)
  return view.getFloat32(0)
}

export function bitsFromFloat32(value: number): number {
  view.setFloat32(0, value)
  return view.getUint32(0)
}

export function float64FromBits(bits: bigint): number {
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

export function bitsFromFloat64(value: number): bigint {
  view.setFloat64(0, value)
  return view.getBigUint64(0)
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
export function float16FromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** Nearest binary16, ties to even; beyond 65504 it is infinity. */
export function bitsFromFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (size >= 65520) return sign | 0x7c00
  const exponent = Math.max(Math.floor(Math.log2(size || 2 ** -24)), -14)
  const unit = 2 ** (exponent - 10)
  const steps = roundHalfEven(size / unit)
  // A carry out of the fraction runs into the exponent by itself, because the fields are adjacent.
  const base = exponent === -14 && steps < 1024 ? 0 : (exponent + 14) << 10
  return sign | (base === 0 && steps < 1024 ? steps : base + steps)
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

const precisions = {
  16: { first: 3, last: 5, smallestNormal: 2 ** -14, round: (v: number) => float16FromBits(bitsFromFloat16(v)) },
  32: { first: 6, last: 9, smallestNormal: 2 ** -126, round: Math.fround },
} // prettier-ignore

/** The shortest decimal that reads back as the same float of `bitCount` bits; the nearest one of that length. */
export function shortestDecimal(value: number, bitCount: 16 | 32 | 64): Decimal {
  if (bitCount === 64) return parseDecimal(String(value))
  const { first, last, smallestNormal, round } = precisions[bitCount]
  // Every decimal of `first` digits survives the way there and back, so shorter ones need no try.
  for (let digits = Math.abs(value) < smallestNormal ? 1 : first; digits < last; digits++) {
    const text = value.toPrecision(digits)
    if (round(Number(text)) === value) return parseDecimal(text)
  }
  return parseDecimal(value.toPrecision(last))
}

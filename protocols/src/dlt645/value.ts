/** Values inside the data of a reply, exact (DL/T 645-2007, Appendix A: NN…NN.nn is BCD, low byte first). */
import { decodeBcd, encodeBcd, hexText, littleEndian } from '../meter-bus/index.ts'
import type { Decimal } from '../decimal/index.ts'

/** Where a value is in the data and how it is written; a profile's section `dlt645` fits. */
export interface Dlt645ValueForm {
  readonly offset: number
  readonly length: number
  readonly places: number
  /** The top bit of the last byte is the sign (Appendix A, note on signed quantities). */
  readonly signed: boolean
  readonly form: 'bcd' | 'bits'
  readonly shift?: number | undefined
  readonly width?: number | undefined
}

/** A number, or why there is none. */
export type Dlt645Decoded = { readonly value: Decimal; readonly invalid?: undefined } | { readonly value: null; readonly invalid: string } // prettier-ignore

/** Never throws: bytes that write no number are an answer of the meter (FF in all of them: it has no value). */
export function decodeValue(form: Dlt645ValueForm, data: Uint8Array): Dlt645Decoded {
  const bytes = data.slice(form.offset, form.offset + form.length)
  if (bytes.length < form.length) {
    return { value: null, invalid: `${data.length} bytes of data, ${form.offset + form.length} needed` }
  }
  if (form.form === 'bits') return { value: { units: bitsOf(form, bytes), places: 0 } }
  const last = bytes.length - 1
  const negative = form.signed && (bytes[last]! & 0x80) !== 0
  // All FF means "no value" also where the top bit is a sign; without the sign it would be 7F, no digits either.
  if (form.signed) bytes[last]! &= 0x7f
  const units = decodeBcd(bytes)
  if (units === null) return { value: null, invalid: `not digits: ${hexText(data.subarray(form.offset, form.offset + form.length))}` } // prettier-ignore
  return { value: { units: negative ? -units : units, places: form.places } }
}

function bitsOf({ shift = 0, width = 1 }: Dlt645ValueForm, bytes: Uint8Array): bigint {
  return (littleEndian(bytes) >> BigInt(shift)) & ((1n << BigInt(width)) - 1n)
}

/**
 * The bytes that write `units` / 10^places.
 * @throws RangeError when the number does not fit, or is negative where there is no sign
 */
export function encodeValue(form: Pick<Dlt645ValueForm, 'length' | 'signed'>, units: bigint): Uint8Array {
  const negative = units < 0n
  if (negative && !form.signed) throw new RangeError(`${units} is negative`)
  const bytes = encodeBcd(negative ? -units : units, form.length)
  if (!form.signed) return bytes
  if (bytes[form.length - 1]! & 0x80) throw new RangeError(`${units} does not fit beside a sign`)
  if (negative) bytes[form.length - 1]! |= 0x80
  return bytes
}

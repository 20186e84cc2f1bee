/** Values inside the data of a reply, exact (CJ/T 188-2004, 7: BCD, low byte first). */
import type { Decimal } from '../decimal/index.ts'
import { decodeBcd, hexByte, hexText, littleEndian } from '../meter-bus/index.ts'
import { convertUnit } from './units.ts'

/** Where a value is in the data and how it is written; a profile's section `cjt188` fits. */
export interface Cjt188ValueForm {
  /** Behind identifier and serial number. */
  readonly offset: number
  readonly length: number
  readonly places: number
  readonly unitByte: boolean
  /** The unit byte stands before the value instead of behind it. */
  readonly unitFirst?: boolean | undefined
  readonly form: 'bcd' | 'bits'
  readonly shift?: number | undefined
  readonly width?: number | undefined
}

/** A number, or why there is none. */
export type Cjt188Decoded = { readonly value: Decimal; readonly invalid?: undefined } | { readonly value: null; readonly invalid: string } // prettier-ignore

/**
 * Never throws: bytes that write no number are an answer of the meter.
 * @param unit of the point, and `scale` its decimal places: what a value with a unit byte is converted to
 */
export function decodeValue(
  form: Cjt188ValueForm,
  data: Uint8Array,
  unit: string,
  scale: number,
): Cjt188Decoded {
  const { offset, length, places } = form
  const unitAt = form.unitFirst ? offset - 1 : offset + length
  const needed = form.unitByte ? Math.max(offset + length, unitAt + 1) : offset + length
  if (data.length < needed) return { value: null, invalid: `${data.length} bytes of data, ${needed} needed` }
  const bytes = data.subarray(offset, offset + length)
  if (form.form === 'bits') {
    const field = (1n << BigInt(form.width ?? 1)) - 1n
    return { value: { units: (littleEndian(bytes) >> BigInt(form.shift ?? 0)) & field, places: 0 } }
  }
  const units = decodeBcd(bytes)
  if (units === null) return { value: null, invalid: `not digits: ${hexText(bytes)}` }
  if (!form.unitByte) return { value: { units, places } }
  const value = convertUnit({ units, places }, data[unitAt]!, unit, scale)
  return value ? { value } : { value: null, invalid: `unit ${hexByte(data[unitAt]!)} is none of ${unit}` }
}

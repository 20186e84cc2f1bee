/** Numbers for simulated devices: another one for each point, that fits on the wire and is plausible. */
import { add, multiply, parseDecimal, unitsAt, type Decimal } from '@courtyard/protocols/decimal'
import type { ProfilePoint } from '@courtyard/protocols/profile'

export interface WireForm {
  /** Decimal places of the number on the wire. */
  readonly places: number
  readonly factor: string
  readonly offset: string
  /** Greatest number on the wire. */
  readonly max: number
}

/**
 * The number on the wire of the point at `index`, and what it is in units of the point's scale. Throws when no number
 * that is exact at the point's scale lies in its range: such a point could not be read exactly either.
 */
export function rawValue(
  point: ProfilePoint,
  index: number,
  form: WireForm,
): { raw: number; mantissa: number } {
  for (const raw of candidates(point, index, form)) {
    const value = valueOf(raw, form)
    const mantissa = Number(unitsAt(value, point.scale))
    const exact = Number.isSafeInteger(mantissa) && isExact(value, point.scale)
    if (raw <= form.max && exact && isPlausible(point, mantissa)) return { raw, mantissa }
  }
  throw new Error(`no number on the wire suits ${point.key}`)
}

/** From the middle of the plausible range, where there is one; smaller ones for narrow fields. */
function candidates({ range }: ProfilePoint, index: number, { places, factor, offset }: WireForm): number[] {
  const middle = range ? (Number(range[0]) + Number(range[1])) / 2 : 0
  const raw = range ? Math.round(((middle - Number(offset)) / Number(factor)) * 10 ** places) : 1_000
  return [raw + 37 * index, raw + index, raw, 200 + 7 * index, 10 + index, index % 8, index % 2, 1, 0]
}

function valueOf(raw: number, { places, factor, offset }: WireForm): Decimal {
  return add(multiply({ units: BigInt(raw), places }, parseDecimal(factor)), parseDecimal(offset))
}

function isExact(value: Decimal, scale: number): boolean {
  return value.places <= scale || unitsAt(value, scale) * 10n ** BigInt(value.places - scale) === value.units
}

function isPlausible({ range, scale }: ProfilePoint, mantissa: number): boolean {
  if (!range) return true
  const value = mantissa / 10 ** scale
  return value >= Number(range[0]) && value <= Number(range[1])
}

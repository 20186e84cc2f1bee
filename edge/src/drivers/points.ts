/** Points of a profile made ready for any driver, and values turned into readings. Pure. */
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { add, multiply, parseDecimal, powerOfTen, unitsAt, type Decimal } from '@courtyard/protocols/decimal'
import type { DeviceProfile, ProfilePoint } from '@courtyard/protocols/profile'

export interface DriverPoint {
  /** Full name of the point, `deviceKey/pointKey`. */
  readonly name: string
  readonly key: string
  readonly group: string
  readonly scale: number
  readonly optional: boolean
  /** Mantissas between which the value is plausible. */
  readonly range: readonly [number, number] | null
}

export function preparePoint(deviceKey: string, point: ProfilePoint): DriverPoint {
  const { key, group, scale, optional, range } = point
  return {
    name: pointName(deviceKey, key),
    key,
    group,
    scale,
    optional,
    range: range ? [edgeOf(range[0], scale, 'up'), edgeOf(range[1], scale, 'down')] : null,
  }
}

/** Full name of a point. Joined, not pasted together: a pasted string would keep its pieces in memory as well. */
export function pointName(deviceKey: string, key: string): string {
  return [deviceKey, key].join('/')
}

/** The points that have a section for the driver, with it. */
export function pointsWith<K extends keyof ProfilePoint>(
  deviceKey: string,
  profile: DeviceProfile,
  section: K,
): (DriverPoint & { readonly source: NonNullable<ProfilePoint[K]> })[] {
  return profile.points.flatMap((point) => {
    const source = point[section]
    return source === undefined || source === null ? [] : [{ ...preparePoint(deviceKey, point), source }]
  })
}

/** A bound of the plausible range as the first (last) mantissa inside it; exact, as values are. */
function edgeOf(bound: string, scale: number, direction: 'up' | 'down'): number {
  const { units, places } = parseDecimal(bound)
  if (places <= scale) return Number(units * powerOfTen(scale - places))
  const divisor = powerOfTen(places - scale)
  const truncated = units / divisor
  const remainder = units % divisor
  if (direction === 'up') return Number(remainder > 0n ? truncated + 1n : truncated)
  return Number(remainder < 0n ? truncated - 1n : truncated)
}

export function emptyReading(
  point: Pick<DriverPoint, 'name' | 'scale'>,
  atMs: number,
  quality: Quality,
): Reading {
  return { point: point.name, atMs, mantissa: null, scale: point.scale, quality }
}

/** `raw × factor + offset`, exact. */
export function scaled(raw: Decimal, by: { readonly factor: string; readonly offset?: string }): Decimal {
  const product = multiply(raw, parseDecimal(by.factor))
  return by.offset === undefined ? product : add(product, parseDecimal(by.offset))
}

/** The reading of a value in the point's unit; null is a value that the device calls invalid. */
export function readingOf(point: DriverPoint, value: Decimal | null, atMs: number): Reading {
  const mantissa = value === null ? null : Number(unitsAt(value, point.scale))
  if (mantissa === null || !Number.isSafeInteger(mantissa)) return emptyReading(point, atMs, Quality.invalid)
  return readingOfMantissa(point, mantissa, atMs)
}

export function readingOfMantissa(
  point: Pick<DriverPoint, 'name' | 'scale' | 'range'>,
  mantissa: number,
  atMs: number,
): Reading {
  const { name, scale, range } = point
  const plausible = range === null || (mantissa >= range[0] && mantissa <= range[1])
  return { point: name, atMs, mantissa, scale, quality: plausible ? Quality.good : Quality.uncertain }
}

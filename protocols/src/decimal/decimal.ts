/** Exact decimals for codecs: `units` / 10^`places`. `places` may be negative. */
export interface Decimal {
  readonly units: bigint
  readonly places: number
}

const powers: bigint[] = [1n]

/** 10^exponent for exponent ≥ 0. */
export function powerOfTen(exponent: number): bigint {
  for (let i = powers.length; i <= exponent; i++) powers.push(powers[i - 1]! * 10n)
  return powers[exponent]!
}

/** Reads `-12.5`, `3`, `1.5e-7`: what profiles and JavaScript's number formatting write. */
export function parseDecimal(text: string): Decimal {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text)
  if (!match) throw new RangeError(`not a decimal number: ${text}`)
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const units = BigInt(whole! + fraction)
  return { units: sign ? -units : units, places: fraction.length - Number(exponent) }
}

/** Quotient rounded half away from zero. `divisor` is not 0. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const negative = dividend < 0n !== divisor < 0n
  const top = dividend < 0n ? -dividend : dividend
  const bottom = divisor < 0n ? -divisor : divisor
  const quotient = (top * 2n + bottom) / (bottom * 2n)
  return negative ? -quotient : quotient
}

/** Units of the value at `places` decimal places, rounded half away from zero. */
export function unitsAt(value: Decimal, places: number): bigint {
  const shift = places - value.places
  if (shift >= 0) return value.units * powerOfTen(shift)
  return divideRounded(value.units, powerOfTen(-shift))
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, places: a.places + b.places }
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (b.units === 0n) return a
  const places = Math.max(a.places, b.places)
  return { units: unitsAt(a, places) + unitsAt(b, places), places }
}

/** `-1234` at 2 places is `-12.34`. Trailing zeros are kept: they are the resolution. */
export function formatUnits(units: bigint | number, places: number): string {
  const negative = units < 0
  const digits = String(negative ? -units : units).padStart(places + 1, '0')
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
  return negative ? `-${text}` : text
}

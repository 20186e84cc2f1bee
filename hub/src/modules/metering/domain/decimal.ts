/** Exact decimals as bigint mantissas: value = mantissa / 10^scale. */

export interface Decimal {
  readonly mantissa: bigint
  readonly scale: number
}

const pattern = /^(-?)(\d+)(?:\.(\d+))?$/

/** `"12.340"` → 1234 at scale 2: zeros at the end carry no resolution. Null when it isn't a plain decimal. */
export function parseDecimal(text: string): Decimal | null {
  const match = pattern.exec(text)
  if (!match) return null
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  const mantissa = BigInt(match[2]! + fraction)
  return { mantissa: match[1] === '-' ? -mantissa : mantissa, scale: fraction.length }
}

/** As parseDecimal, for text that was checked before (a column of the database, a schema). */
export function decimalOf(text: string): Decimal {
  const decimal = parseDecimal(text)
  if (!decimal) throw new RangeError(`not a decimal: ${text}`)
  return decimal
}

/** Mantissa at the scale wanted; null when the value has more decimal places than that. */
export function mantissaAt(decimal: Decimal, scale: number): bigint | null {
  if (decimal.scale <= scale) return decimal.mantissa * 10n ** BigInt(scale - decimal.scale)
  const divisor = 10n ** BigInt(decimal.scale - scale)
  return decimal.mantissa % divisor === 0n ? decimal.mantissa / divisor : null
}

/** From one scale to another. @throws RangeError when that would lose digits */
export function rescale(mantissa: bigint, from: number, to: number): bigint {
  const exact = mantissaAt({ mantissa, scale: from }, to)
  if (exact === null) throw new RangeError(`${mantissa} at scale ${from} does not fit scale ${to}`)
  return exact
}

/** Rounds half up (away from zero for negatives); only for limits, never for quantities. */
export function roundTo(decimal: Decimal, scale: number): bigint {
  if (decimal.scale <= scale) return mantissaAt(decimal, scale)!
  const divisor = 10n ** BigInt(decimal.scale - scale)
  const half = divisor / 2n
  return decimal.mantissa < 0n ? -((-decimal.mantissa + half) / divisor) : (decimal.mantissa + half) / divisor
}

export function formatDecimal(mantissa: bigint, scale: number): string {
  const sign = mantissa < 0n ? '-' : ''
  const digits = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(scale + 1, '0')
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

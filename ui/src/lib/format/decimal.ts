/**
 * Decimal strings as people read them. Money and quantities come as text and stay text: nothing here makes a
 * float of them.
 */
export const MINUS = '\u2212'
export const NONE = '—'

const cache = new Map<string, Intl.NumberFormat>()

function formatter(locale: string, min: number, max: number): Intl.NumberFormat {
  const key = `${locale}:${min}:${max}`
  let found = cache.get(key)
  if (!found) {
    // `Intl.NumberFormat` takes decimal strings exactly, digit by digit.
    found = new Intl.NumberFormat(locale, {
      minimumFractionDigits: min,
      maximumFractionDigits: max,
      roundingMode: 'halfExpand',
    })
    cache.set(key, found)
  }
  return found
}

function write(text: string, locale: string, min: number, max: number): string {
  const formatted = formatter(locale, min, max).format(text as Intl.StringNumericLiteral)
  return formatted.startsWith('-') ? MINUS + formatted.slice(1) : formatted
}

/** `1234.5` → `1,234.50`; digits beyond the cent, should there be any, are shown rather than rounded away. */
export function formatMoney(amount: string | null | undefined, locale: string): string {
  return amount === null || amount === undefined ? NONE : write(amount, locale, 2, 20)
}

/**
 * A quantity with thousands separators. Without `digits` all its decimals are shown as they came (an index keeps
 * its trailing zeros), and at least `atLeast` of them, so that a column lines up; with `digits` it is shortened
 * for reading, never for computing.
 */
export function formatQuantity(
  value: string | null | undefined,
  locale: string,
  digits?: number,
  atLeast = 0,
): string {
  if (value === null || value === undefined) return NONE
  const decimals = Math.max(decimalsOf(value), atLeast)
  return digits === undefined
    ? write(value, locale, decimals, Math.max(decimals, 0))
    : write(value, locale, Math.min(digits, decimals), digits)
}

const decimalsOf = (value: string): number => value.split('.')[1]?.length ?? 0

/** Decimals of the value that has most, for a column that lines up. */
export function commonDecimals(values: readonly (string | null)[]): number {
  return Math.max(0, ...values.map((value) => (value === null ? 0 : decimalsOf(value))))
}

/** A count, or another number that was never money. */
export function formatCount(value: number, locale: string): string {
  return write(String(value), locale, 0, 0)
}

/** Adds decimal strings exactly. */
export function addDecimals(values: readonly string[]): string {
  const scale = commonDecimals(values)
  const sum = values.reduce((total, value) => total + mantissa(value, scale), 0n)
  return fromMantissa(sum, scale)
}

/** a − b, exactly. */
export function subtractDecimals(a: string, b: string): string {
  return addDecimals([a, b.startsWith('-') ? b.slice(1) : `-${b}`])
}

function mantissa(value: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = value.replace('-', '').split('.')
  const digits = BigInt(whole + fraction.padEnd(scale, '0'))
  return value.startsWith('-') ? -digits : digits
}

function fromMantissa(value: bigint, scale: number): string {
  const sign = value < 0n ? '-' : ''
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** For drawing only: charts and comparisons by eye. */
export function toPlotNumber(value: string | null): number | null {
  return value === null ? null : Number(value)
}

/**
 * Exact decimals as integers. One unit of a quantity is 10^-9, of a price 10^-8, of their product 10^-17, of an
 * amount of money a cent: the product of a quantity and a price is therefore exact without any conversion.
 * These are also the places of the numeric columns.
 */
export const QUANTITY_PLACES = 9
export const PRICE_PLACES = 8
export const EXACT_PLACES = QUANTITY_PLACES + PRICE_PLACES
export const CENT_PLACES = 2

const decimal = /^(-?)(\d+)(?:\.(\d+))?$/

export function isDecimal(text: string): boolean {
  return decimal.test(text)
}

/** Decimal places that a number needs: zeros at the end do not count. */
export function placesOf(text: string): number {
  return (decimal.exec(text)?.[3] ?? '').replace(/0+$/, '').length
}

/** Units of `text` at `places`; RangeError when it is not a decimal or has more places than that. */
export function parseFixed(text: string, places: number): bigint {
  const match = decimal.exec(text)
  if (!match) throw new RangeError(`not a decimal number: ${text}`)
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (fraction.length > places) throw new RangeError(`more than ${places} decimal places: ${text}`)
  const units = BigInt(match[2]! + fraction.padEnd(places, '0'))
  return match[1] ? -units : units
}

/** `-1234` at 2 places is `-12.34`; trailing zeros are kept. */
export function formatFixed(units: bigint, places: number): string {
  const negative = units < 0n
  const digits = (negative ? -units : units).toString().padStart(places + 1, '0')
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
  return negative ? `-${text}` : text
}

/** `12.340000000` → `12.34`: quantities and prices are shown without the zeros of their column. */
export function trimDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** Units at `from` places as units at `to` ≥ `from` places. */
export function rescale(units: bigint, from: number, to: number): bigint {
  if (from > to) throw new RangeError(`cannot go from ${from} to ${to} decimal places without loss`)
  return units * 10n ** BigInt(to - from)
}

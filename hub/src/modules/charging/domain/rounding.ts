import { CENT_PLACES, EXACT_PLACES } from './fixed.ts'

/** Quotient rounded half up, ties towards +∞. `denominator` is positive. */
function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  const doubled = numerator * 2n + denominator
  const divisor = denominator * 2n
  const quotient = doubled / divisor
  return doubled < 0n && doubled % divisor !== 0n ? quotient - 1n : quotient
}

const EXACT_PER_CENT = 10n ** BigInt(EXACT_PLACES - CENT_PLACES)

/**
 * The only rounding of money there is: once per bill line, half up, to the cent.
 * `exact` is quantity × price (10^-17); `part` / `whole` takes a share of a period, such as 20 of 30 days.
 */
export function roundAmount(exact: bigint, part = 1n, whole = 1n): bigint {
  return divideHalfUp(exact * part, EXACT_PER_CENT * whole)
}

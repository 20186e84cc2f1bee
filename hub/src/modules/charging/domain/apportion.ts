/** A receiver of a split: `code` decides ties, the lower first. */
export interface Share {
  readonly code: string
  readonly weight: bigint
}

/**
 * Splits `total` units by weight so that the parts sum to `total` exactly: everyone gets the floor, and the units
 * that are left go to the largest remainders, ties by code. Total and weights are ≥ 0, the weights not all 0;
 * the result has the order of `shares`. No part differs from its exact share by a whole unit.
 */
export function splitByLargestRemainder(total: bigint, shares: readonly Share[]): bigint[] {
  const sum = shares.reduce((all, share) => all + share.weight, 0n)
  if (total < 0n || sum <= 0n || shares.some((share) => share.weight < 0n)) {
    throw new RangeError('a split needs a total ≥ 0 and weights ≥ 0 that are not all 0')
  }
  const parts = shares.map((share) => (total * share.weight) / sum)
  let left = total - parts.reduce((all, part) => all + part, 0n)
  const ranking = shares
    .map((share, index) => ({ index, code: share.code, remainder: (total * share.weight) % sum }))
    .sort((a, b) => compare(b.remainder, a.remainder) || compare(a.code, b.code) || a.index - b.index)
  for (const { index } of ranking) {
    if (left === 0n) break
    parts[index]! += 1n
    left -= 1n
  }
  return parts
}

/**
 * Takes `quantity` out of `available` in proportion to what is there, in steps of `unit` of which all are
 * multiples; never more than there is. `quantity` is at most the sum.
 */
export function takeInProportion(quantity: bigint, available: readonly bigint[], unit: bigint): bigint[] {
  if (quantity === 0n) return available.map(() => 0n)
  const shares = available.map((weight, index) => ({
    code: String(index).padStart(3, '0'),
    weight: weight / unit,
  }))
  return splitByLargestRemainder(quantity / unit, shares).map((part) => part * unit)
}

/** The largest power of ten, at most `coarsest` (itself one), of which all quantities are multiples. */
export function commonUnit(quantities: readonly bigint[], coarsest: bigint): bigint {
  let unit = coarsest
  while (quantities.some((quantity) => quantity % unit !== 0n)) unit /= 10n
  return unit
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

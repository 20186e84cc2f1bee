/**
 * Splits an integer total in proportion to integer weights by largest remainder: each share is its exact
 * part rounded down, and the units left over go one each to the largest remainders; of equal remainders to
 * the earlier one. The shares always add up to the total.
 *
 * @throws RangeError when there is no weight above zero or one is negative
 */
export function apportion(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((all, weight) => all + weight, 0n)
  if (sum <= 0n || weights.some((weight) => weight < 0n)) throw new RangeError('weights must be positive')
  const shares: bigint[] = []
  const remainders: bigint[] = []
  let left = total
  for (const weight of weights) {
    const share = (total * weight) / sum
    shares.push(share)
    remainders.push(total * weight - share * sum)
    left -= share
  }
  if (left === 0n) return shares
  const order = remainders.map((_, i) => i).sort((a, b) => compare(remainders[b]!, remainders[a]!) || a - b)
  for (const i of order.slice(0, Number(left))) shares[i]! += 1n
  return shares
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Can a register go from one index to another in a time? Pure, and small enough for a phone without network. */

const HOUR_MS = 3_600_000

/** What the rule must know of a meter. Integers are at the register's scale. */
export interface CountingRegister {
  /** One more than the highest index; null when it doesn't roll over. */
  readonly modulus: bigint | null
  readonly maxPerHour: bigint
  /** A dip of at most this is the display's trembling. */
  readonly jitter: bigint
}

/** Most that a register counts in a time. The last digit may just have turned: one unit more is still possible. */
export function mostIn(register: CountingRegister, elapsedMs: number): bigint {
  return (register.maxPerHour * BigInt(elapsedMs)) / BigInt(HOUR_MS) + 1n
}

/** Why the step is not possible: `back`, `tooMuch`; null when it is. */
export function stepFault(
  register: CountingRegister,
  from: bigint,
  to: bigint,
  elapsedMs: number,
): 'back' | 'tooMuch' | null {
  const possible = mostIn(register, elapsedMs)
  const difference = to - from
  if (difference >= 0n) return difference <= possible ? null : 'tooMuch'
  const overTheTop = register.modulus === null ? null : difference + register.modulus
  if (overTheTop !== null && overTheTop * 2n < register.modulus! && overTheTop <= possible) return null
  return -difference <= register.jitter ? null : 'back'
}

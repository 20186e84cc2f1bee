/** Wrong passwords in a row after which an account is locked. */
export const FREE_FAILURES = 5
const FIRST_LOCK_MS = 15 * 60_000
const LONGEST_LOCK_MS = 24 * 3_600_000

/**
 * How long an account is locked after so many wrong passwords in a row: not at all below five, then a quarter of
 * an hour, doubled with each further one, at most a day.
 */
export function lockMs(failures: number): number {
  if (failures < FREE_FAILURES) return 0
  return Math.min(FIRST_LOCK_MS * 2 ** (failures - FREE_FAILURES), LONGEST_LOCK_MS)
}

import { HOUR_MS, MINUTE_MS, nextTryAfter } from '../retry.ts'

/** Pauses after the first, second … failure. */
const PAUSES_MS = [
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
] as const

/** Tries in all, the first one included. */
export const MOST_ATTEMPTS = PAUSES_MS.length + 1

/** When it is tried again after so many tries; null: not any more. */
export function nextTry(attempts: number, now: Date): Date | null {
  return nextTryAfter(PAUSES_MS, attempts, now)
}

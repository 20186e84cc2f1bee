import { HOUR_MS, MINUTE_MS, nextTryAfter, SECOND_MS } from '../retry.ts'

/** Pauses after the first, second … failure: quick at first, for restarts; a day at last, for weekends. */
const PAUSES_MS = [
  5 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  24 * HOUR_MS,
] as const

/** Tries in all, the first one included. */
export const MOST_ATTEMPTS = PAUSES_MS.length + 1

/** When it is tried again after so many tries; null: not any more. */
export function nextTry(attempts: number, now: Date): Date | null {
  return nextTryAfter(PAUSES_MS, attempts, now)
}

const MINUTE_MS = 60_000
/** Pauses after the first, second … failure. */
const PAUSES_MINUTES = [1, 5, 15, 60, 180, 360, 720] as const

/** Tries in all, the first one included. */
export const MOST_ATTEMPTS = PAUSES_MINUTES.length + 1

/** When it is tried again after so many tries; null: not any more. */
export function nextTry(attempts: number, now: Date): Date | null {
  const pause = PAUSES_MINUTES[attempts - 1]
  return pause === undefined ? null : new Date(now.getTime() + pause * MINUTE_MS)
}

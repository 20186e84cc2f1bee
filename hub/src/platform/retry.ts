/** When something that failed is tried again. */

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS

/** After so many tries, by a list of pauses; null: not any more. */
export function nextTryAfter(pausesMs: readonly number[], attempts: number, now: Date): Date | null {
  const pause = pausesMs[attempts - 1]
  return pause === undefined ? null : new Date(now.getTime() + pause)
}

/** When something that failed is tried again. */

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS

export class RetryPlan {
  /** Tries in all, the first one included. */
  readonly mostAttempts: number
  private readonly pausesMs: readonly number[]

  /** @param pausesMs after the first, second … failure */
  constructor(pausesMs: readonly number[]) {
    this.pausesMs = pausesMs
    this.mostAttempts = pausesMs.length + 1
  }

  /** When it is tried again after so many tries; null: not any more. */
  nextTry(attempts: number, now: Date): Date | null {
    const pause = this.pausesMs[attempts - 1]
    return pause === undefined ? null : new Date(now.getTime() + pause)
  }
}

export const messageRetries = new RetryPlan([
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
])

/** Quick at first, for restarts; a day at last, for weekends. */
export const webhookRetries = new RetryPlan([
  5 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  24 * HOUR_MS,
])

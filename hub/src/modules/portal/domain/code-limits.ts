/** How often codes are sent: they cost money and patience, and each one may be guessed at. */
export const CODE_MINUTES = 5
export const MOST_TRIES = 5
export const AGAIN_SECONDS = 60
const HOUR_MS = 3_600_000
const MOST_PER_HOUR = { phone: 5, address: 30, all: 1_000 } as const

/** Codes of the last hour. */
export interface RecentCodes {
  /** To this phone, newest first; milliseconds. */
  readonly phoneMs: readonly number[]
  /** Number and the oldest one, asked for from this address, and in all. */
  readonly address: { readonly count: number; readonly oldestMs: number }
  readonly all: { readonly count: number; readonly oldestMs: number }
}

/** Seconds until another code may be sent; null when one may be sent now. */
export function waitSeconds({ phoneMs, address, all }: RecentCodes, nowMs: number): number | null {
  const untilMs: number[] = []
  const [newest] = phoneMs
  if (newest !== undefined) untilMs.push(newest + AGAIN_SECONDS * 1000)
  const oldest = phoneMs[MOST_PER_HOUR.phone - 1]
  if (oldest !== undefined) untilMs.push(oldest + HOUR_MS)
  if (address.count >= MOST_PER_HOUR.address) untilMs.push(address.oldestMs + HOUR_MS)
  if (all.count >= MOST_PER_HOUR.all) untilMs.push(all.oldestMs + HOUR_MS)
  const seconds = Math.ceil((Math.max(...untilMs, nowMs) - nowMs) / 1000)
  return seconds > 0 ? seconds : null
}

/** Waiting times that double, with jitter so that many waiting parties don't return together. Pure. */
export interface BackoffRange {
  readonly firstMs: number
  readonly lastMs: number
}

/** Wait before attempt number `failures` + 1; `random` in [0, 1) moves it by up to a quarter, never over `lastMs`. */
export function backoffMs(failures: number, range: BackoffRange, random: number): number {
  const doubled = range.firstMs * 2 ** Math.min(failures - 1, 30)
  return Math.min(range.lastMs, Math.min(range.lastMs, doubled) * (0.75 + random / 2))
}

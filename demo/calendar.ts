const DAY_MS = 86_400_000

/**
 * The demo's project lives in Asia/Shanghai, which has no daylight saving: plain arithmetic at UTC+8 is exact.
 */
const OFFSET_MS = 8 * 3_600_000
export const TIME_ZONE = 'Asia/Shanghai'

function monthStartMs(year: number, month: number): number {
  return Date.UTC(year, month, 1) - OFFSET_MS
}

/** The month before the one of `nowMs`, as `2026-10` with its half-open span. */
export function lastMonth(nowMs: number): { month: string; fromMs: number; toMs: number } {
  const local = new Date(nowMs + OFFSET_MS)
  const fromMs = monthStartMs(local.getUTCFullYear(), local.getUTCMonth() - 1)
  const toMs = monthStartMs(local.getUTCFullYear(), local.getUTCMonth())
  return { month: localDay(fromMs).slice(0, 7), fromMs, toMs }
}

export function localDay(atMs: number): string {
  return new Date(atMs + OFFSET_MS).toISOString().slice(0, 10)
}

/**
 * At least `days` back, and always from a day before last month, so that last month's bills rest on measured
 * usage alone. Both ends lie on whole quarters of an hour.
 */
export function historySpan(nowMs: number, days: number): { fromMs: number; toMs: number } {
  const quarterMs = 900_000
  const toMs = Math.floor(nowMs / quarterMs) * quarterMs
  const daysBack = Math.floor((toMs - days * DAY_MS) / quarterMs) * quarterMs
  return { fromMs: Math.min(daysBack, lastMonth(nowMs).fromMs - DAY_MS), toMs }
}

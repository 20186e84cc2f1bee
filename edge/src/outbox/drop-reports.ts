import type { DroppedReadings } from '@courtyard/protocols/contract'

/** Joins reports of the same reason: readings add up, the span covers both. */
export function mergeDropped(reports: readonly DroppedReadings[]): DroppedReadings[] {
  const byReason = new Map<DroppedReadings['reason'], DroppedReadings>()
  for (const report of reports) {
    const known = byReason.get(report.reason)
    byReason.set(
      report.reason,
      known
        ? {
            reason: report.reason,
            readings: known.readings + report.readings,
            fromMs: Math.min(known.fromMs, report.fromMs),
            toMs: Math.max(known.toMs, report.toMs),
          }
        : report,
    )
  }
  return [...byReason.values()]
}

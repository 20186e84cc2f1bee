/** What had to be thrown away, from the moment it happens until a batch carries the news. */
import type { DroppedReadings } from '@courtyard/protocols/contract'
import type { Statements } from './outbox-statements.ts'

/** Joins reports of the same reason: numbers add up, the span covers both. */
export function mergeDropped(reports: readonly DroppedReadings[]): DroppedReadings[] {
  const byReason = new Map<DroppedReadings['reason'], DroppedReadings>()
  for (const report of reports) {
    const known = byReason.get(report.reason)
    byReason.set(report.reason, known ? join(known, report) : report)
  }
  return [...byReason.values()]
}

function join(one: DroppedReadings, other: DroppedReadings): DroppedReadings {
  return dropReport({
    reason: one.reason,
    readings: one.readings + other.readings,
    events: (one.events ?? 0) + (other.events ?? 0),
    fromMs: Math.min(one.fromMs, other.fromMs),
    toMs: Math.max(one.toMs, other.toMs),
  })
}

/** Without the field for events when there are none, as the contract wants it. */
export function dropReport({ events, ...report }: DroppedReadings): DroppedReadings {
  return events !== undefined && events > 0 ? { ...report, events } : report
}

/** Counters and pending reports in the outbox file; to be used inside its transactions. */
export class DropLedger {
  private readonly statements: Statements

  constructor(statements: Statements) {
    this.statements = statements
  }

  /** Counts a drop and puts it down for the next batch. */
  record(report: DroppedReadings): void {
    this.statements.addDropped.run(report.readings, report.events ?? 0)
    this.report(report)
  }

  /** Puts down a report of what was counted before. */
  report({ reason, readings, events = 0, fromMs, toMs }: DroppedReadings): void {
    this.statements.mergeDropped.run(reason, readings, events, fromMs, toMs)
  }

  /** Pending reports, taken out of the table. */
  take(): DroppedReadings[] {
    const rows = this.statements.pendingDropped.all()
    if (rows.length > 0) this.statements.clearDropped.run()
    return rows.map((row) =>
      dropReport({
        reason: row['reason'] as DroppedReadings['reason'],
        readings: Number(row['readings']),
        events: Number(row['events']),
        fromMs: Number(row['from_ms']),
        toMs: Number(row['to_ms']),
      }),
    )
  }
}

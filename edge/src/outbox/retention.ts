/** What the outbox lets go of when it is too old or too much, and what it must not let go of. */
import type { SQLOutputValue } from 'node:sqlite'
import type { DroppedReadings } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import { dropReport, type DropLedger } from './drop-reports.ts'
import type { Statements } from './outbox-statements.ts'
import { laneCode } from './sealed-content.ts'

export interface OutboxLimits {
  /** Sealed batches may take this many bytes; the oldest go first beyond it. */
  readonly maxBytes: number
  /** A batch is thrown away this long after it was sealed. */
  readonly maxAgeMs: number
}

/** Live batches with numbers in `[from, to)` wait for the clock to be put right and are neither sent nor aged. */
export interface HeldRange {
  readonly from: number
  readonly to: number
}

type Row = Readonly<Record<string, SQLOutputValue>>

export class Retention {
  limits: OutboxLimits
  /** Null: nothing waits for the clock. */
  held: HeldRange | null = null
  /** While the clock is not trusted, nothing is thrown away for its age. */
  clockIsTrusted = true
  private readonly statements: Statements
  private readonly drops: DropLedger
  private readonly clock: Clock

  constructor(limits: OutboxLimits, statements: Statements, drops: DropLedger, clock: Clock) {
    this.limits = limits
    this.statements = statements
    this.drops = drops
    this.clock = clock
  }

  /** Inside a transaction. Oldest first; the batch `keepFrom` and later ones stay in any case. */
  dropBeyondLimits(keepFrom: number): void {
    const cutoffMs = this.clockIsTrusted ? this.clock.nowMs() - this.limits.maxAgeMs : -Infinity
    for (;;) {
      const row = this.statements.oldestRow.get()
      if (!row || Number(row['sequence']) >= keepFrom) return
      const reason = overLimit(row, this.limits.maxBytes, this.isHeld(row) ? -Infinity : cutoffMs)
      if (!reason) return
      this.drop(row, reason)
    }
  }

  private drop(row: Row, reason: DroppedReadings['reason']): void {
    this.statements.remove.run(Number(row['sequence']))
    const readings = Number(row['readings'])
    const events = Number(row['events'])
    if (readings + events > 0) {
      const span = { fromMs: Number(row['first_ms']), toMs: Number(row['last_ms']) }
      this.drops.record(dropReport({ reason, readings, events, ...span }))
    }
    // What the lost batch had to report is still to be reported.
    const carried = row['dropped'] === null ? [] : (JSON.parse(String(row['dropped'])) as DroppedReadings[])
    for (const report of carried) this.drops.report(report)
  }

  private isHeld(row: Row): boolean {
    const sequence = Number(row['sequence'])
    const inside = this.held !== null && sequence >= this.held.from && sequence < this.held.to
    return inside && Number(row['lane']) === laneCode.live
  }
}

function overLimit(row: Row, maxBytes: number, cutoffMs: number): DroppedReadings['reason'] | null {
  if (Number(row['sealed_ms']) < cutoffMs) return 'age'
  return Number(row['total_bytes']) > maxBytes ? 'full' : null
}

/**
 * Store and forward: each row is one sealed batch, numbered, encoded and on the disk before anybody is told
 * that its readings are safe. A row leaves when the hub has committed it, or when a bound is exceeded; the
 * latter is counted and reported in the next batch. Several processes may hold the same file open.
 */
import type { DatabaseSync } from 'node:sqlite'
import { AppError, type DroppedReadings, type Reading } from '@courtyard/protocols/contract'
import { encodeBatch } from '@courtyard/protocols/wire'
import type { Clock } from '../clock.ts'
import { errorCodes } from '../errors.ts'
import { mergeDropped } from './drop-reports.ts'
import { asOutboxError, openOutboxFile, type OutboxFileOptions } from './outbox-file.ts'
import { prepareStatements, type Statements } from './outbox-statements.ts'

export type Lane = 'live' | 'backlog'
const laneCode: Record<Lane, number> = { live: 0, backlog: 1 }

export interface OutboxLimits {
  /** Sealed batches may take this many bytes; the oldest go first beyond it. */
  readonly maxBytes: number
  /** A batch is thrown away this long after it was sealed. */
  readonly maxAgeMs: number
}

export interface PendingBatch {
  readonly sequence: number
  readonly readings: number
}

export interface OutboxTotals {
  readonly batches: number
  readonly readings: number
  readonly bytes: number
  /** Instant of the oldest reading that is not acknowledged; null when empty. */
  readonly oldestAtMs: number | null
  /** Cumulative since this outbox was made. */
  readonly acceptedReadings: number
  readonly importedReadings: number
  readonly droppedReadings: number
}

/** Bytes of a row besides its payload, so that many small batches count for what they take. */
const ROW_OVERHEAD_BYTES = 64

export class Outbox {
  readonly id: string
  private readonly database: DatabaseSync
  private readonly clock: Clock
  private limits: OutboxLimits
  private readonly statements: Statements
  /** Refused for lack of disk and not yet written down anywhere: there is no disk to write it to. */
  private refused: DroppedReadings[] = []

  constructor(options: OutboxFileOptions & { readonly limits: OutboxLimits }) {
    this.database = openOutboxFile(options)
    this.clock = options.clock
    this.limits = options.limits
    this.statements = prepareStatements(this.database)
    this.id = String(this.statements.identity.get()!['id'])
  }

  setLimits(limits: OutboxLimits): void {
    this.limits = limits
  }

  /**
   * Writes readings as one batch, in one transaction; when it returns they survive a power cut.
   * @throws AppError `edge.outbox_busy` (to be tried again), or `edge.outbox_disk_full`, `edge.outbox_corrupt`,
   * `edge.outbox_failed`; with these the readings are counted as dropped.
   */
  seal(readings: readonly Reading[], lane: Lane): number {
    try {
      const sealed = this.transaction(() => {
        this.recordRefused()
        const sequence = this.insert(readings, lane)
        this.dropBeyondLimits(sequence)
        return sequence
      })
      this.refused = []
      return sealed
    } catch (cause) {
      const error = asOutboxError(cause)
      if (error.code !== errorCodes.outboxBusy) this.refuse(readings)
      throw error
    }
  }

  /**
   * Writes readings of an imported history as batches of backlog, all or none, without those that an import brought
   * before (same point and instant). Never evicts what waits.
   * @returns how many were new.
   * @throws AppError `edge.outbox_full` when the byte limit would be exceeded; then nothing is written.
   */
  sealImported(batches: readonly (readonly Reading[])[]): number {
    try {
      const kept = this.transaction(() => {
        const fresh = batches.map((batch) => this.withoutImported(batch)).filter((batch) => batch.length > 0)
        const count = fresh.reduce((sum, batch) => sum + batch.length, 0)
        if (count === 0) return 0
        this.recordRefused()
        for (const batch of fresh) this.insert(batch, 'backlog')
        this.statements.addImported.run(count)
        this.refuseBeyondBytes()
        return count
      })
      if (kept > 0) this.refused = []
      return kept
    } catch (error) {
      throw asOutboxError(error)
    }
  }

  /** Forgets batches that the hub has; unknown numbers do no harm. */
  acknowledge(sequences: readonly number[]): void {
    if (sequences.length === 0) return
    try {
      this.transaction(() => {
        for (const sequence of sequences) this.statements.remove.run(sequence)
      })
    } catch (error) {
      throw asOutboxError(error)
    }
  }

  /** Batches that were sealed live since `sinceMs`, newest first. */
  newestLive(sinceMs: number, limit: number): PendingBatch[] {
    return this.statements.newestLive.all(sinceMs, limit).map(toPending)
  }

  /** All batches, oldest first, whatever their lane. */
  oldest(limit: number): PendingBatch[] {
    return this.statements.oldest.all(limit).map(toPending)
  }

  /** The bytes to send; null when the batch has left meanwhile. */
  payload(sequence: number): Uint8Array | null {
    return (this.statements.payload.get(sequence)?.['payload'] as Uint8Array | undefined) ?? null
  }

  /** Drops what is too old or too much; for the time when nothing is sealed. */
  enforceLimits(): void {
    try {
      this.transaction(() => this.dropBeyondLimits(Number.MAX_SAFE_INTEGER))
    } catch (error) {
      throw asOutboxError(error)
    }
  }

  totals(): OutboxTotals {
    const row = this.statements.totals.get()!
    const refused = this.refused.reduce((sum, report) => sum + report.readings, 0)
    return {
      batches: Number(row['batches']),
      readings: Number(row['readings']),
      bytes: Number(row['bytes']),
      oldestAtMs: row['oldest'] === null ? null : Number(row['oldest']),
      acceptedReadings: Number(row['accepted_readings']),
      importedReadings: Number(row['imported_readings']),
      droppedReadings: Number(row['dropped_readings']) + refused,
    }
  }

  close(): void {
    this.database.close()
  }

  private withoutImported(readings: readonly Reading[]): Reading[] {
    const ids = new Map<string, number>()
    return readings.filter(({ point, atMs }) => {
      let id = ids.get(point)
      if (id === undefined) {
        this.statements.addImportedPoint.run(point)
        id = Number(this.statements.importedPoint.get(point)!['id'])
        ids.set(point, id)
      }
      return this.statements.addImportedReading.run(id, atMs).changes === 1
    })
  }

  private refuseBeyondBytes(): void {
    const { bytes } = this.totals()
    if (bytes <= this.limits.maxBytes) return
    throw new AppError(errorCodes.outboxFull, `the outbox holds its limit of ${this.limits.maxBytes} bytes`)
  }

  private insert(readings: readonly Reading[], lane: Lane): number {
    const sequence = Number(this.statements.lastSequence.get()?.['seq'] ?? 0) + 1
    const dropped = this.takeDropReports()
    const payload = encodeBatch({ outbox: this.id, sequence }, readings, dropped)
    const { firstMs, lastMs } = spanOf(readings)
    this.statements.insert.run(
      sequence,
      laneCode[lane],
      this.clock.nowMs(),
      readings.length,
      payload.length + ROW_OVERHEAD_BYTES,
      firstMs,
      lastMs,
      dropped.length > 0 ? JSON.stringify(dropped) : null,
      payload,
    )
    this.statements.addAccepted.run(readings.length)
    return sequence
  }

  /** Pending reports, taken out of the table. */
  private takeDropReports(): DroppedReadings[] {
    const rows = this.statements.pendingDropped.all()
    if (rows.length > 0) this.statements.clearDropped.run()
    return rows.map((row) => ({
      readings: Number(row['readings']),
      fromMs: Number(row['from_ms']),
      toMs: Number(row['to_ms']),
      reason: row['reason'] as DroppedReadings['reason'],
    }))
  }

  private recordDropped(report: DroppedReadings): void {
    this.statements.addDropped.run(report.readings)
    this.reportDropped(report)
  }

  private reportDropped(report: DroppedReadings): void {
    this.statements.mergeDropped.run(report.reason, report.readings, report.fromMs, report.toMs)
  }

  /** Oldest first; the batch `keepFrom` and later ones stay in any case. */
  private dropBeyondLimits(keepFrom: number): void {
    const cutoffMs = this.clock.nowMs() - this.limits.maxAgeMs
    for (;;) {
      const row = this.statements.oldestRow.get()
      if (!row || Number(row['sequence']) >= keepFrom) return
      const reason = overLimit(row, this.limits.maxBytes, cutoffMs)
      if (!reason) return
      this.statements.remove.run(row['sequence']!)
      const readings = Number(row['readings'])
      if (readings > 0) {
        this.recordDropped({
          reason,
          readings,
          fromMs: Number(row['first_ms']),
          toMs: Number(row['last_ms']),
        })
      }
      // What the lost batch had to report is still to be reported.
      const carried = row['dropped'] === null ? [] : (JSON.parse(String(row['dropped'])) as DroppedReadings[])
      for (const report of carried) this.reportDropped(report)
    }
  }

  private refuse(readings: readonly Reading[]): void {
    if (readings.length === 0) return
    const { firstMs, lastMs } = spanOf(readings)
    const report = { reason: 'disk' as const, readings: readings.length, fromMs: firstMs, toMs: lastMs }
    this.refused = mergeDropped([...this.refused, report])
  }

  /** Refusals reach the table with the first write that works; they leave memory once it is committed. */
  private recordRefused(): void {
    for (const report of this.refused) this.recordDropped(report)
  }

  private transaction<T>(work: () => T): T {
    this.database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.database.exec('COMMIT')
      return result
    } catch (error) {
      // SQLite may have rolled back by itself when the disk was full.
      if (this.database.isTransaction) this.database.exec('ROLLBACK')
      throw error
    }
  }
}

function toPending(row: Record<string, unknown>): PendingBatch {
  return { sequence: Number(row['sequence']), readings: Number(row['readings']) }
}

function overLimit(
  row: Record<string, unknown>,
  maxBytes: number,
  cutoffMs: number,
): DroppedReadings['reason'] | null {
  if (Number(row['sealed_ms']) < cutoffMs) return 'age'
  return Number(row['total_bytes']) > maxBytes ? 'full' : null
}

function spanOf(readings: readonly Reading[]): { firstMs: number; lastMs: number } {
  let firstMs = Infinity
  let lastMs = -Infinity
  for (const { atMs } of readings) {
    if (atMs < firstMs) firstMs = atMs
    if (atMs > lastMs) lastMs = atMs
  }
  return readings.length > 0 ? { firstMs, lastMs } : { firstMs: 0, lastMs: 0 }
}

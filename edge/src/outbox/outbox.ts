/**
 * Store and forward: each row is one sealed batch, numbered, encoded and on the disk before anybody is told
 * that its content is safe. A row leaves when the hub has committed it, or when a bound is exceeded; the
 * latter is counted and reported in the next batch. Several processes may hold the same file open.
 */
import type { DatabaseSync } from 'node:sqlite'
import { AppError, type DroppedReadings, type Reading } from '@courtyard/protocols/contract'
import { encodeBatch } from '@courtyard/protocols/wire'
import type { Clock } from '../clock.ts'
import { errorCodes } from '../errors.ts'
import { DropLedger, dropReport, mergeDropped } from './drop-reports.ts'
import { asOutboxError, openOutboxFile, type OutboxFileOptions } from './outbox-file.ts'
import { prepareStatements, type Statements } from './outbox-statements.ts'
import { Retention, type HeldRange, type OutboxLimits } from './retention.ts'
import {
  cutIntoBatches,
  laneCode,
  spanOf,
  type BatchContent,
  type Lane,
  type SealedContent,
} from './sealed-content.ts'
import { giveBackFreePages, inTransaction } from './sqlite-work.ts'

export interface PendingBatch {
  readonly sequence: number
  /** Readings and events. */
  readonly size: number
}

export interface OutboxTotals {
  readonly batches: number
  readonly readings: number
  readonly events: number
  readonly bytes: number
  /** Instant of the oldest reading that is not acknowledged; null when empty. */
  readonly oldestAtMs: number | null
  /** Cumulative since this outbox was made. */
  readonly acceptedReadings: number
  readonly acceptedEvents: number
  readonly importedReadings: number
  readonly droppedReadings: number
  readonly droppedEvents: number
}

/** Bytes of a row besides its payload, so that many small batches count for what they take. */
const ROW_OVERHEAD_BYTES = 64
/** Numbers that are marked as perhaps sent at once, so that not every batch costs a write more. */
const SENT_AHEAD = 1_000

export class Outbox {
  readonly id: string
  /** For the parts of the agent that keep their own tables in this file. */
  readonly database: DatabaseSync
  private readonly clock: Clock
  private readonly statements: Statements
  private readonly drops: DropLedger
  private readonly retention: Retention
  /** Refused for lack of disk and not yet written down anywhere: there is no disk to write it to. */
  private refused: DroppedReadings[] = []
  private sentThrough: number

  /** @throws AppError of `openOutboxFile`. */
  constructor(options: OutboxFileOptions & { readonly limits: OutboxLimits }) {
    this.database = openOutboxFile(options)
    this.clock = options.clock
    this.statements = prepareStatements(this.database)
    this.drops = new DropLedger(this.statements)
    this.retention = new Retention(options.limits, this.statements, this.drops, options.clock)
    this.id = String(this.statements.identity.get()!['id'])
    this.sentThrough = Number(this.statements.sentThrough.get()!['sent_through'])
  }

  setLimits(limits: OutboxLimits): void {
    this.retention.limits = limits
  }

  /** While the clock is not trusted, nothing is thrown away for its age. */
  setClock(trusted: boolean, held: HeldRange | null): void {
    this.retention.clockIsTrusted = trusted
    this.retention.held = held
  }

  /**
   * Writes readings, events and checkpoints in one transaction; when it returns they survive a power cut.
   * @returns the numbers of the batches: usually one, none for checkpoints alone.
   * @throws AppError `edge.outbox_busy` (to be tried again), or `edge.outbox_disk_full`, `edge.outbox_corrupt`,
   * `edge.outbox_failed`; with these the content is counted as dropped.
   */
  seal(content: SealedContent, lane: Lane): number[] {
    try {
      const sealed = this.transaction(() => {
        this.recordRefused()
        const sequences = cutIntoBatches(content).map((batch) => this.insert(batch, lane))
        for (const { deviceKey, text } of content.checkpoints ?? []) {
          this.statements.setCheckpoint.run(deviceKey, text)
        }
        this.retention.dropBeyondLimits(sequences[0] ?? Number.MAX_SAFE_INTEGER)
        return sequences
      })
      this.refused = []
      return sealed
    } catch (cause) {
      const error = asOutboxError(cause)
      if (error.code !== errorCodes.outboxBusy) this.refuse(content)
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
    const kept = this.transaction(() => {
      const fresh = batches.map((batch) => this.withoutImported(batch)).filter((batch) => batch.length > 0)
      const count = fresh.reduce((sum, batch) => sum + batch.length, 0)
      if (count === 0) return 0
      this.recordRefused()
      for (const readings of fresh) this.insert({ readings, events: [] }, 'backlog')
      this.statements.addImported.run(count)
      this.refuseBeyondBytes()
      return count
    })
    if (kept > 0) this.refused = []
    return kept
  }

  /** The last checkpoint of a device; null when there is none. */
  checkpoint(deviceKey: string): string | null {
    const row = this.statements.checkpoint.get(deviceKey)
    return row ? String(row['text']) : null
  }

  /** Forgets batches that the hub has; unknown numbers do no harm. */
  acknowledge(sequences: readonly number[]): void {
    if (sequences.length === 0) return
    this.transaction(() => {
      for (const sequence of sequences) this.statements.remove.run(sequence)
    })
  }

  /** Batches that were sealed live since `sinceMs`, newest first. */
  newestLive(sinceMs: number, limit: number): PendingBatch[] {
    const { from, to } = this.retention.held ?? { from: 0, to: 0 }
    return this.statements.newestLive
      .all(sinceMs, from, Math.min(to, Number.MAX_SAFE_INTEGER), limit)
      .map(toPending)
  }

  /** All batches that may be sent, oldest first, whatever their lane. */
  oldest(limit: number): PendingBatch[] {
    const { oldest, oldestBacklog } = this.statements
    const end = Number.MAX_SAFE_INTEGER
    const { held } = this.retention
    if (!held) return oldest.all(0, end, limit).map(toPending)
    const from = held.from
    const to = Math.min(held.to, end)
    const found = oldest.all(0, from, limit)
    if (found.length < limit) found.push(...oldestBacklog.all(from, to, limit - found.length))
    if (found.length < limit) found.push(...oldest.all(to, end, limit - found.length))
    return found.map(toPending)
  }

  /** The bytes to send; null when the batch has left meanwhile. */
  payload(sequence: number): Uint8Array | null {
    return (this.statements.payload.get(sequence)?.['payload'] as Uint8Array | undefined) ?? null
  }

  /** To be called before a batch is sent for the first time: from then on its content may not change. */
  noteSending(sequence: number): void {
    if (sequence > this.sentThrough) this.writeSentThrough(sequence + SENT_AHEAD)
  }

  /** Nothing is being sent any more: what is sealed from now on is known not to have been sent. */
  noteNotSending(): void {
    const last = this.lastSequence()
    if (this.sentThrough > last) this.writeSentThrough(last)
  }

  /** Drops what is too old or too much, and gives free pages back; for the time when nothing is sealed. */
  enforceLimits(): void {
    this.transaction(() => this.retention.dropBeyondLimits(Number.MAX_SAFE_INTEGER))
    giveBackFreePages(this.database)
  }

  totals(): OutboxTotals {
    const row = this.statements.totals.get()!
    const refused = mergeDropped(this.refused)[0]
    return {
      batches: Number(row['batches']),
      readings: Number(row['readings']),
      events: Number(row['events']),
      bytes: Number(row['bytes']),
      oldestAtMs: row['oldest'] === null ? null : Number(row['oldest']),
      acceptedReadings: Number(row['accepted_readings']),
      acceptedEvents: Number(row['accepted_events']),
      importedReadings: Number(row['imported_readings']),
      droppedReadings: Number(row['dropped_readings']) + (refused?.readings ?? 0),
      droppedEvents: Number(row['dropped_events']) + (refused?.events ?? 0),
    }
  }

  /** Number of the last batch that was ever sealed; 0 for none. */
  lastSequence(): number {
    return Number(this.statements.lastSequence.get()?.['seq'] ?? 0)
  }

  /**
   * Does all of `work` or nothing of it.
   * @throws AppError of the outbox, or what `work` throws.
   */
  transaction<T>(work: () => T): T {
    try {
      return inTransaction(this.database, work)
    } catch (error) {
      throw asOutboxError(error)
    }
  }

  close(): void {
    this.database.close()
  }

  private writeSentThrough(sequence: number): void {
    this.transaction(() => this.statements.setSentThrough.run(sequence))
    this.sentThrough = sequence
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
    const { maxBytes } = this.retention.limits
    if (bytes <= maxBytes) return
    throw new AppError(errorCodes.outboxFull, `the outbox holds its limit of ${maxBytes} bytes`)
  }

  private insert({ readings, events }: BatchContent, lane: Lane): number {
    const sequence = this.lastSequence() + 1
    const dropped = this.drops.take()
    const payload = encodeBatch({ outbox: this.id, sequence }, readings, dropped, events)
    const { firstMs, lastMs } = spanOf(readings, events)
    this.statements.insert.run(
      sequence,
      laneCode[lane],
      this.clock.nowMs(),
      readings.length,
      events.length,
      payload.length + ROW_OVERHEAD_BYTES,
      firstMs,
      lastMs,
      dropped.length > 0 ? JSON.stringify(dropped) : null,
      payload,
    )
    this.statements.addAccepted.run(readings.length, events.length)
    return sequence
  }

  private refuse({ readings = [], events = [] }: SealedContent): void {
    if (readings.length + events.length === 0) return
    const { firstMs, lastMs } = spanOf(readings, events)
    const counts = { readings: readings.length, events: events.length }
    const report = dropReport({ reason: 'disk', ...counts, fromMs: firstMs, toMs: lastMs })
    this.refused = mergeDropped([...this.refused, report])
  }

  /** Refusals reach the table with the first write that works; they leave memory once it is committed. */
  private recordRefused(): void {
    for (const report of this.refused) this.drops.record(report)
  }
}

function toPending(row: Record<string, unknown>): PendingBatch {
  return { sequence: Number(row['sequence']), size: Number(row['size']) }
}

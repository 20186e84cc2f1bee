/**
 * Store and forward: each row is one sealed batch, numbered, encoded and on the disk before anybody is told
 * that its content is safe. A row leaves when the hub has committed it, or when a bound is exceeded; the
 * latter is counted and reported in the next batch. Several processes may hold the same file open.
 */
import type { DatabaseSync } from 'node:sqlite'
import { AppError, type DeviceEvent, type DroppedReadings, type Reading } from '@courtyard/protocols/contract'
import { encodeBatch } from '@courtyard/protocols/wire'
import type { Clock } from '../clock.ts'
import { errorCodes } from '../errors.ts'
import { DropLedger, dropReport, mergeDropped } from './drop-reports.ts'
import { asOutboxError, openOutboxFile, type OutboxFileOptions } from './outbox-file.ts'
import { prepareStatements, type Statements } from './outbox-statements.ts'
import { giveBackFreePages, inTransaction } from './sqlite-work.ts'

export type Lane = 'live' | 'backlog'
const laneCode: Record<Lane, number> = { live: 0, backlog: 1 }

export interface OutboxLimits {
  /** Sealed batches may take this many bytes; the oldest go first beyond it. */
  readonly maxBytes: number
  /** A batch is thrown away this long after it was sealed. */
  readonly maxAgeMs: number
}

/** What is written as a whole or not at all. */
export interface SealedContent {
  readonly readings?: readonly Reading[]
  readonly events?: readonly DeviceEvent[]
  /** By device; of several for one device the last counts. */
  readonly checkpoints?: readonly { readonly deviceKey: string; readonly text: string }[]
}

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

/** Live batches with numbers in `[from, to)` wait for the clock to be put right and are neither sent nor aged. */
export interface HeldRange {
  readonly from: number
  readonly to: number
}

/** Bytes of a row besides its payload, so that many small batches count for what they take. */
const ROW_OVERHEAD_BYTES = 64
/** More than this of one kind goes into further batches of the same transaction; the contract allows not much more. */
const MAX_READINGS = 10_000
const MAX_EVENTS = 1_000
/** Numbers that are marked as perhaps sent at once, so that not every batch costs a write more. */
const SENT_AHEAD = 1_000

export class Outbox {
  readonly id: string
  /** For the parts of the agent that keep their own tables in this file. */
  readonly database: DatabaseSync
  private readonly clock: Clock
  private limits: OutboxLimits
  private readonly statements: Statements
  private readonly drops: DropLedger
  /** Refused for lack of disk and not yet written down anywhere: there is no disk to write it to. */
  private refused: DroppedReadings[] = []
  private held: HeldRange | null = null
  private clockIsTrusted = true
  private sentThrough: number

  /** @throws AppError of `openOutboxFile`. */
  constructor(options: OutboxFileOptions & { readonly limits: OutboxLimits }) {
    this.database = openOutboxFile(options)
    this.clock = options.clock
    this.limits = options.limits
    this.statements = prepareStatements(this.database)
    this.drops = new DropLedger(this.statements)
    this.id = String(this.statements.identity.get()!['id'])
    this.sentThrough = Number(this.statements.sentThrough.get()!['sent_through'])
  }

  setLimits(limits: OutboxLimits): void {
    this.limits = limits
  }

  /** While the clock is not trusted, nothing is thrown away for its age. */
  setClock(trusted: boolean, held: HeldRange | null): void {
    this.clockIsTrusted = trusted
    this.held = held
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
        this.dropBeyondLimits(sequences[0] ?? Number.MAX_SAFE_INTEGER)
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
    const { from, to } = this.held ?? { from: 0, to: 0 }
    return this.statements.newestLive
      .all(sinceMs, from, Math.min(to, Number.MAX_SAFE_INTEGER), limit)
      .map(toPending)
  }

  /** All batches that may be sent, oldest first, whatever their lane. */
  oldest(limit: number): PendingBatch[] {
    const { oldest, oldestBacklog } = this.statements
    const end = Number.MAX_SAFE_INTEGER
    if (!this.held) return oldest.all(0, end, limit).map(toPending)
    const from = this.held.from
    const to = Math.min(this.held.to, end)
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
    this.transaction(() => this.dropBeyondLimits(Number.MAX_SAFE_INTEGER))
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
    if (bytes <= this.limits.maxBytes) return
    throw new AppError(errorCodes.outboxFull, `the outbox holds its limit of ${this.limits.maxBytes} bytes`)
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

  /** Oldest first; the batch `keepFrom` and later ones stay in any case. */
  private dropBeyondLimits(keepFrom: number): void {
    const cutoffMs = this.clockIsTrusted ? this.clock.nowMs() - this.limits.maxAgeMs : -Infinity
    for (;;) {
      const row = this.statements.oldestRow.get()
      if (!row || Number(row['sequence']) >= keepFrom) return
      const reason = overLimit(row, this.limits.maxBytes, this.isHeld(row) ? -Infinity : cutoffMs)
      if (!reason) return
      this.statements.remove.run(row['sequence']!)
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
  }

  private isHeld(row: Record<string, unknown>): boolean {
    const sequence = Number(row['sequence'])
    const inside = this.held !== null && sequence >= this.held.from && sequence < this.held.to
    return inside && Number(row['lane']) === laneCode.live
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

interface BatchContent {
  readonly readings: readonly Reading[]
  readonly events: readonly DeviceEvent[]
}

/** A batch may be empty when it is the only one: it carries drop reports. */
function cutIntoBatches({ readings = [], events = [], checkpoints = [] }: SealedContent): BatchContent[] {
  if (readings.length + events.length === 0) return checkpoints.length > 0 ? [] : [{ readings, events }]
  const batches: BatchContent[] = []
  const count = Math.max(Math.ceil(readings.length / MAX_READINGS), Math.ceil(events.length / MAX_EVENTS))
  for (let i = 0; i < count; i++) {
    batches.push({
      readings: readings.slice(i * MAX_READINGS, (i + 1) * MAX_READINGS),
      events: events.slice(i * MAX_EVENTS, (i + 1) * MAX_EVENTS),
    })
  }
  return batches
}

function toPending(row: Record<string, unknown>): PendingBatch {
  return { sequence: Number(row['sequence']), size: Number(row['size']) }
}

function overLimit(
  row: Record<string, unknown>,
  maxBytes: number,
  cutoffMs: number,
): DroppedReadings['reason'] | null {
  if (Number(row['sealed_ms']) < cutoffMs) return 'age'
  return Number(row['total_bytes']) > maxBytes ? 'full' : null
}

function spanOf(
  readings: readonly Reading[],
  events: readonly DeviceEvent[],
): { firstMs: number; lastMs: number } {
  let firstMs = Infinity
  let lastMs = -Infinity
  for (const list of [readings, events]) {
    for (const { atMs } of list) {
      if (atMs < firstMs) firstMs = atMs
      if (atMs > lastMs) lastMs = atMs
    }
  }
  return firstMs <= lastMs ? { firstMs, lastMs } : { firstMs: 0, lastMs: 0 }
}

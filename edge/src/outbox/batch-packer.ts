/**
 * Packs small batches that were never sent into large ones: one point's readings of a minute stand together and take a
 * third of the room, and a backlog of days is some thousand messages in place of some hundred thousand.
 */
import type { StatementSync } from 'node:sqlite'
import type { DeviceEvent, DroppedReadings, Reading } from '@courtyard/protocols/contract'
import { decodeBatch, encodeBatch, readingsOf } from '@courtyard/protocols/wire'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import { mergeDropped } from './drop-reports.ts'
import type { Outbox } from './outbox.ts'

/** Readings and events in a packed batch at most; a hub takes it in one go. */
const PACKED_SIZE = 10_000
const PACKED_EVENTS = 1_000
/** As long as a batch counts as live it is left alone. */
const LEAVE_ALONE_MS = 30_000
/** Fewer than these are large enough as they are. */
const WORTH_PACKING = 4
const LOOK_AT_ROWS = 500
/** Packed at once at most: each takes some 20 ms, in which nothing else is written. */
const GROUPS_AT_ONCE = 4

interface Row {
  readonly sequence: number
  readonly size: number
  readonly events: number
  readonly sealedMs: number
  readonly bytes: number
}

export class BatchPacker {
  private readonly outbox: Outbox
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly statements: Record<
    'rows' | 'sessions' | 'sentThrough' | 'update' | 'remove' | 'carried',
    StatementSync
  >
  /** Up to here there is nothing more to pack. */
  private doneThrough = 0

  constructor(outbox: Outbox, clock: Clock, logger: Logger) {
    this.outbox = outbox
    this.clock = clock
    this.logger = logger
    const prepare = (sql: string) => outbox.database.prepare(sql)
    this.statements = {
      rows: prepare(
        `SELECT sequence, readings + events AS size, events, sealed_ms, bytes FROM batch
         WHERE lane = 0 AND sequence > ? AND sealed_ms < ? ORDER BY sequence LIMIT ?`,
      ),
      sessions: prepare('SELECT first_sequence, end_sequence, shift_ms FROM clock_session'),
      sentThrough: prepare('SELECT sent_through FROM outbox'),
      update: prepare(
        `UPDATE batch SET readings = ?, events = ?, bytes = ?, last_ms = max(last_ms, ?), first_ms = min(first_ms, ?),
           sealed_from_ms = coalesce(sealed_from_ms, sealed_ms), sealed_ms = ?, dropped = ?, payload = ?
         WHERE sequence = ?`,
      ),
      remove: prepare('DELETE FROM batch WHERE sequence = ?'),
      carried: prepare('SELECT first_ms, last_ms, dropped FROM batch WHERE sequence = ?'),
    }
  }

  /** Packs what there is, within bounds. Returns the batches that became part of another. @throws AppError of the outbox. */
  pack(): number {
    let packed = 0
    for (let i = 0; i < GROUPS_AT_ONCE; i++) {
      const group = this.nextGroup()
      if (!group) break
      if (group.length >= WORTH_PACKING) packed += this.merge(group)
      this.doneThrough = group.at(-1)!.sequence
    }
    return packed
  }

  /** The next run of batches that fills a packed one; null when there is none yet. */
  private nextGroup(): Row[] | null {
    const sessions = this.statements.sessions.all()
    // Its batches are being rewritten: first the one, then the other.
    if (sessions.some((session) => session['shift_ms'] !== null)) return null
    const cuts = sessions.flatMap((session) => [Number(session['first_sequence']), Number(session['end_sequence'] ?? Infinity)]) // prettier-ignore
    const sentThrough = Number(this.statements.sentThrough.get()!['sent_through'])
    const after = Math.max(this.doneThrough, sentThrough)
    const rows = this.statements.rows.all(after, this.clock.nowMs() - LEAVE_ALONE_MS, LOOK_AT_ROWS).map(toRow)
    const group: Row[] = []
    let size = 0
    let events = 0
    for (const row of rows) {
      const first = group[0]
      // Batches of a doubtful clock stay with their like.
      const isCut = first && cuts.some((cut) => first.sequence < cut && cut <= row.sequence)
      const isFull = size + row.size > PACKED_SIZE || events + row.events > PACKED_EVENTS
      if (first && (isCut || isFull)) return group
      group.push(row)
      size += row.size
      events += row.events
    }
    return rows.length === LOOK_AT_ROWS ? group : null
  }

  private merge(group: readonly Row[]): number {
    const [first, ...others] = group as [Row, ...Row[]]
    const content = this.contentOf(group)
    if (!content) return 0
    const { readings, events, dropped, firstMs, lastMs } = content
    const payload = encodeBatch(
      { outbox: this.outbox.id, sequence: first.sequence },
      readings,
      dropped,
      events,
    )
    const overhead = first.bytes - this.outbox.payload(first.sequence)!.length
    this.outbox.transaction(() => {
      for (const { sequence } of others) this.statements.remove.run(sequence)
      this.statements.update.run(
        readings.length,
        events.length,
        payload.length + overhead,
        lastMs,
        firstMs,
        group.at(-1)!.sealedMs,
        dropped.length > 0 ? JSON.stringify(dropped) : null,
        payload,
        first.sequence,
      )
    })
    return others.length
  }

  /** Null when one of them cannot be read: they are left as they are. */
  private contentOf(group: readonly Row[]) {
    const readings: Reading[] = []
    const events: DeviceEvent[] = []
    const dropped: DroppedReadings[] = []
    const scales = new Map<string, number>()
    let [firstMs, lastMs] = [Infinity, -Infinity]
    try {
      for (const { sequence } of group) {
        const message = decodeBatch(this.outbox.payload(sequence)!)
        for (const reading of readingsOf(message)) {
          // A profile may have changed in between; a batch holds one scale for each point.
          if ((scales.get(reading.point) ?? reading.scale) !== reading.scale) return null
          scales.set(reading.point, reading.scale)
          readings.push(reading)
        }
        events.push(...(message.events ?? []))
        dropped.push(...(message.dropped ?? []))
        const row = this.statements.carried.get(sequence)!
        firstMs = Math.min(firstMs, Number(row['first_ms']))
        lastMs = Math.max(lastMs, Number(row['last_ms']))
      }
    } catch (error) {
      this.logger.error({ err: error }, 'batches cannot be packed')
      return null
    }
    return { readings, events, dropped: mergeDropped(dropped), firstMs, lastMs }
  }
}

function toRow(row: Record<string, unknown>): Row {
  return {
    sequence: Number(row['sequence']),
    size: Number(row['size']),
    events: Number(row['events']),
    sealedMs: Number(row['sealed_ms']),
    bytes: Number(row['bytes']),
  }
}

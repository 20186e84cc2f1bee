/** What the outbox file knows about the clock, and putting the batches of a wrong one right. */
import type { StatementSync } from 'node:sqlite'
import type { Logger } from '../log.ts'
import type { HeldRange, Outbox } from '../outbox/index.ts'
import { shiftBatch, type Shift, type ShiftedBatch } from './shift-batch.ts'

/**
 * A time in which the clock was not known to be right. Its batches are stamped with `baseMs` + time since boot and
 * have numbers from `firstSequence` up to `endSequence` (null: it is the present one).
 */
export interface ClockSession {
  readonly id: number
  readonly boot: string
  readonly baseMs: number
  readonly plausible: boolean
  readonly firstSequence: number
  readonly endSequence: number | null
  /** Known: its batches are being rewritten. */
  readonly shiftMs: number | null
  readonly uncertain: boolean
}

export interface KnownTime {
  readonly boot: string
  /** True time less the time since that boot. */
  readonly baseMs: number
}

export interface Resolution {
  readonly id: number
  readonly shiftMs: number
  readonly uncertain: boolean
}

/** Readings and events that are rewritten in one transaction. */
const REWRITE_SIZE = 20_000

type Name =
  | 'known' | 'setKnown' | 'high' | 'setHigh' | 'sessions' | 'begin' | 'end' | 'resolve' | 'advance' | 'remove'
  | 'first' | 'last' | 'next' | 'rewrite' | 'drops' // prettier-ignore

/** Every method throws the outbox's AppErrors. */
export class ClockStore {
  private readonly outbox: Pick<Outbox, 'transaction' | 'lastSequence' | 'payload'>
  private readonly logger: Logger
  private readonly statements: Record<Name, StatementSync>

  constructor(outbox: Pick<Outbox, 'database' | 'transaction' | 'lastSequence' | 'payload'>, logger: Logger) {
    this.outbox = outbox
    this.logger = logger
    const prepare = (sql: string) => outbox.database.prepare(sql)
    const inRange = 'FROM batch WHERE lane = 0 AND sequence >= ? AND sequence < ? ORDER BY sequence'
    this.statements = {
      known: prepare('SELECT known_boot, known_base_ms FROM outbox WHERE known_boot IS NOT NULL'),
      setKnown: prepare('UPDATE outbox SET known_boot = ?, known_base_ms = ?'),
      high: prepare('SELECT clock_high_ms FROM outbox'),
      setHigh: prepare('UPDATE outbox SET clock_high_ms = ?'),
      sessions: prepare('SELECT * FROM clock_session ORDER BY id'),
      begin: prepare(
        'INSERT INTO clock_session (boot, base_ms, plausible, first_sequence) VALUES (?, ?, ?, ?)',
      ),
      end: prepare('UPDATE clock_session SET end_sequence = ? WHERE end_sequence IS NULL'),
      resolve: prepare('UPDATE clock_session SET shift_ms = ?, uncertain = ? WHERE id = ?'),
      advance: prepare('UPDATE clock_session SET first_sequence = ? WHERE id = ?'),
      remove: prepare('DELETE FROM clock_session WHERE id = ?'),
      first: prepare(`SELECT sealed_ms ${inRange} LIMIT 1`),
      last: prepare(`SELECT sealed_ms ${inRange} DESC LIMIT 1`),
      next: prepare(
        `SELECT sequence, sealed_ms, sealed_from_ms, readings + events AS size ${inRange} LIMIT ?`,
      ),
      rewrite: prepare(
        `UPDATE batch SET payload = ?, bytes = bytes + ?, sealed_ms = ?, sealed_from_ms = ?, first_ms = ?, last_ms = ?
         WHERE sequence = ?`,
      ),
      drops: prepare(
        'UPDATE dropped SET from_ms = from_ms + ?1, to_ms = to_ms + ?1 WHERE to_ms BETWEEN ?2 AND ?3',
      ),
    }
  }

  known(): KnownTime | null {
    const row = this.statements.known.get()
    return row ? { boot: String(row['known_boot']), baseMs: Number(row['known_base_ms']) } : null
  }

  /** The latest instant that a trusted clock has shown; -Infinity for none. */
  highMs(): number {
    const high = this.statements.high.get()?.['clock_high_ms']
    return high === null || high === undefined ? -Infinity : Number(high)
  }

  setHighMs(highMs: number): void {
    this.outbox.transaction(() => this.statements.setHigh.run(Math.floor(highMs)))
  }

  /** Oldest first. */
  sessions(): ClockSession[] {
    return this.statements.sessions.all().map(toSession)
  }

  /** Ends the present session, if any, and begins one with the next batch. */
  begin(boot: string, baseMs: number, plausible: boolean): ClockSession {
    this.outbox.transaction(() => {
      const next = this.outbox.lastSequence() + 1
      this.statements.end.run(next)
      this.statements.begin.run(boot, Math.round(baseMs), plausible ? 1 : 0, next)
    })
    return this.sessions().at(-1)!
  }

  /** The time is known: ends the present session and says how each is to be put right, all at once. */
  settle(known: KnownTime, resolutions: readonly Resolution[]): void {
    this.outbox.transaction(() => {
      this.statements.setKnown.run(known.boot, Math.round(known.baseMs))
      this.statements.end.run(this.outbox.lastSequence() + 1)
      for (const { id, shiftMs, uncertain } of resolutions) {
        if (shiftMs === 0 && !uncertain) this.statements.remove.run(id)
        else this.statements.resolve.run(shiftMs, uncertain ? 1 : 0, id)
      }
    })
  }

  /** Instants of the first and the last sealing in a session, by its own clock; null when it has no batch. */
  span(session: ClockSession): { firstMs: number; lastMs: number } | null {
    const range = rangeOf(session)
    const first = this.statements.first.get(...range)?.['sealed_ms']
    const last = this.statements.last.get(...range)?.['sealed_ms']
    return first === undefined || last === undefined ? null : { firstMs: Number(first), lastMs: Number(last) }
  }

  /** Numbers of the live batches that wait for the clock. */
  held(): HeldRange | null {
    const sessions = this.sessions()
    const last = sessions.at(-1)
    if (!last) return null
    return { from: sessions[0]!.firstSequence, to: last.endSequence ?? Infinity }
  }

  /**
   * Puts up to `limit` batches right, oldest first, in one transaction. They were never sent, so they keep their
   * numbers. Returns false when none are left that could be.
   */
  rewriteSome(limit: number): boolean {
    const session = this.sessions()[0]
    if (!session || session.shiftMs === null) return false
    const { shiftMs } = session
    this.outbox.transaction(() => {
      const rows = upToSize(this.statements.next.all(...rangeOf(session), limit))
      for (const row of rows) {
        const sealedMs = Number(row['sealed_ms'])
        const sealedFromMs = Number(row['sealed_from_ms'] ?? sealedMs)
        this.rewrite(Number(row['sequence']), { byMs: shiftMs, uncertain: session.uncertain, sealedFromMs, sealedMs }) // prettier-ignore
      }
      const last = rows.at(-1)
      if (last) this.statements.advance.run(Number(last['sequence']) + 1, session.id)
      else this.statements.remove.run(session.id)
    })
    return true
  }

  /** Reports of drops under a wrong clock that no batch carries yet. */
  shiftPendingDrops(span: { firstMs: number; lastMs: number }, shiftMs: number): void {
    this.outbox.transaction(() => this.statements.drops.run(shiftMs, span.firstMs, span.lastMs))
  }

  private rewrite(sequence: number, shift: Shift): void {
    const payload = this.outbox.payload(sequence)
    const shifted = payload && this.shifted(payload, sequence, shift)
    if (!shifted) return
    const more = shifted.payload.length - payload.length
    const { byMs, sealedFromMs, sealedMs } = shift
    this.statements.rewrite.run(shifted.payload, more, sealedMs + byMs, sealedFromMs + byMs, shifted.firstMs, shifted.lastMs, sequence) // prettier-ignore
  }

  private shifted(payload: Uint8Array, sequence: number, shift: Shift): ShiftedBatch | null {
    try {
      return shiftBatch(payload, shift)
    } catch (error) {
      // The hub keeps what it cannot read; a person decides.
      this.logger.error({ err: error, sequence }, 'a batch of a wrong clock cannot be put right')
      return null
    }
  }
}

/** As many rows as are rewritten in some tens of milliseconds, at least one. */
function upToSize<Row extends Record<string, unknown>>(rows: readonly Row[]): Row[] {
  let size = 0
  return rows.filter((row, i) => (size += Number(row['size'])) <= REWRITE_SIZE || i === 0)
}

function rangeOf({ firstSequence, endSequence }: ClockSession): [number, number] {
  return [firstSequence, endSequence ?? Number.MAX_SAFE_INTEGER]
}

function toSession(row: Record<string, unknown>): ClockSession {
  const nullable = (name: string) => (row[name] === null ? null : Number(row[name]))
  return {
    id: Number(row['id']),
    boot: String(row['boot']),
    baseMs: Number(row['base_ms']),
    plausible: row['plausible'] === 1,
    firstSequence: Number(row['first_sequence']),
    endSequence: nullable('end_sequence'),
    shiftMs: nullable('shift_ms'),
    uncertain: row['uncertain'] === 1,
  }
}

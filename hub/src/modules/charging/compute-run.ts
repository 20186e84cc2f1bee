import type pg from 'pg'
import type { Logger } from 'pino'
import { AppError } from '@courtyard/protocols/contract'
import type { Hub } from '../../platform/module.ts'
import {
  copyDrafts,
  copyHeld,
  deleteDrafts,
  encodeDrafts,
  type EncodedDrafts,
  type HeldDraft,
} from './drafts.repository.ts'
import {
  findRun,
  saveFailure,
  savePreview,
  saveProgress,
  tryComputeLock,
  type RunRow,
} from './bill-runs.repository.ts'
import { CENT_PLACES, QUANTITY_PLACES, formatFixed } from './domain/fixed.ts'
import { chargingErrors } from './errors.ts'
import type { RunReason } from './reasons.ts'
import { RunReader } from './run-reader.ts'
import { RunTotals, rateChunk } from './rate-chunk.ts'

/** Accounts that are read, rated and written at a time: bounds memory, and how coarse the progress is. */
const CHUNK_ACCOUNTS = 2_000
const PROGRESS_INTERVAL_MS = 400

/**
 * Computes the preview of a run that is `computing`. All drafts appear in one transaction, or none: killed at any
 * moment, the run is still `computing` and is computed again from the start. What is read is one snapshot.
 * Does nothing when another worker computes the run, or when it was cancelled.
 */
export async function computeRun(hub: Hub, log: Logger, runId: string, signal: AbortSignal): Promise<void> {
  try {
    await hub.db.transaction(async (writer) => {
      if (!(await tryComputeLock(writer, runId))) return
      const run = await findRun(writer, runId, hub.clock.now())
      if (run?.status !== 'computing') return
      const startedAt = performance.now()
      await inSnapshot(hub.db.pool, (reader) => new Computation(hub, run, reader, writer, signal).run())
      log.info({ runId, durationMs: Math.round(performance.now() - startedAt) }, 'bill run computed')
    })
  } catch (error) {
    if (error instanceof Cancelled) return
    // Stopping is not a failure: the run stays `computing` and goes on at the next start
    if (signal.aborted) throw error
    log.error({ err: error, runId }, 'bill run failed')
    await saveFailure(hub.db.pool, runId, failureOf(error))
  }
  await announce(hub, runId)
}

class Cancelled extends Error {}

function failureOf(error: unknown): RunReason {
  if (!(error instanceof AppError) || error.code !== chargingErrors.monthNotBegun.code) {
    return { code: 'run.failed' }
  }
  return { code: 'run.month_not_begun', month: String(error.details['month']) }
}

/** Work on one unchanging picture of the database. */
async function inSnapshot<T>(pool: pg.Pool, work: (reader: pg.PoolClient) => Promise<T>): Promise<T> {
  const reader = await pool.connect()
  let broken: Error | undefined
  try {
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    // A chunk is read in milliseconds: to start a parallel worker for it costs more than it brings
    await reader.query('SET LOCAL max_parallel_workers_per_gather = 0')
    return await work(reader)
  } finally {
    await reader.query('ROLLBACK').catch((error: Error) => (broken = error))
    reader.release(broken)
  }
}

async function announce(hub: Hub, runId: string): Promise<void> {
  const run = await findRun(hub.db.pool, runId, hub.clock.now())
  if (run) publishRun(hub, run)
}

/** Tells browsers how a run stands. */
export function publishRun(hub: Hub, { id, status, done, total, projectId }: RunRow): void {
  hub.live.publish('billRun', { id, status, done, total }, { projectId })
}

class Computation {
  private readonly hub: Hub
  private readonly target: RunRow
  private readonly reader: RunReader
  private readonly writer: pg.PoolClient
  private readonly signal: AbortSignal
  private readonly totals = new RunTotals()
  private progressAt = 0

  constructor(hub: Hub, run: RunRow, reader: pg.PoolClient, writer: pg.PoolClient, signal: AbortSignal) {
    this.hub = hub
    this.target = run
    this.writer = writer
    this.signal = signal
    this.reader = new RunReader(reader, run, CHUNK_ACCOUNTS)
  }

  async run(): Promise<void> {
    const plan = await this.reader.open(this.hub.clock.now())
    await deleteDrafts(this.writer, this.target.id)
    await this.writeAll(plan.accounts)
    const saved = await savePreview(this.writer, this.target.id, {
      accounts: plan.accounts,
      bills: this.totals.bills,
      held: this.totals.held,
      alreadyBilled: plan.alreadyBilled,
      quantity: formatFixed(this.totals.quantity, QUANTITY_PLACES),
      amount: formatFixed(this.totals.amount, CENT_PLACES),
      sourceDigest: plan.sourceDigest,
      wholeMonth: plan.month.isOver,
      versionIds: plan.versionIds,
    })
    if (!saved) throw new Cancelled()
  }

  /**
   * Three chunks are under way at a time: while one is rated here, the server writes the one before on one
   * connection and looks up the one after on another. Whatever happens, neither is at work when this ends.
   */
  private async writeAll(accounts: number): Promise<void> {
    let reading = this.reader.next()
    let writing: Promise<void> = Promise.resolve()
    try {
      for (let chunk = await reading; chunk !== null; chunk = await reading) {
        this.signal.throwIfAborted()
        reading = this.reader.next()
        const { drafts, held } = rateChunk(chunk, this.totals)
        const encoded = encodeDrafts(this.target, drafts)
        await writing
        writing = this.write(encoded, held)
        // Each may fail while the other is awaited; it is looked at all the same
        for (const work of [reading, writing]) work.catch(() => undefined)
        await this.progress(accounts)
      }
      await writing
    } finally {
      await Promise.allSettled([reading, writing])
    }
  }

  private async write(drafts: EncodedDrafts, held: readonly HeldDraft[]): Promise<void> {
    await copyDrafts(this.writer, drafts)
    if (held.length > 0) await copyHeld(this.writer, this.target, held)
  }

  private async progress(accounts: number): Promise<void> {
    const now = performance.now()
    if (now - this.progressAt < PROGRESS_INTERVAL_MS) return
    this.progressAt = now
    const done = this.totals.bills + this.totals.held
    await saveProgress(this.hub.db.pool, this.target.id, done, accounts)
    publishRun(this.hub, { ...this.target, done, total: accounts })
  }
}

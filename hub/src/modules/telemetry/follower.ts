/** Followers of the batch log: each has its own cursor, which moves in the transaction of what it writes. */
import type { PoolClient } from 'pg'
import type { Hub } from '../../platform/module.ts'
import { decodeBatch } from '@courtyard/protocols/wire'
import { takeIn } from './domain/intake.ts'
import { PointDirectory } from './ingest/point-directory.ts'
import type { LogChunk, LogFollower, LoggedSeries, RunningFollower, TouchedPoint } from './log.types.ts'
import {
  lastBatchId,
  lockCursor,
  moveCursor,
  noteCursorError,
  readCursor,
  readLog,
  type LogEntry,
} from './log.repository.ts'
import { onCommit } from './log-signal.ts'

const MAX_READINGS = 100_000
/** Commits of other processes are noticed this late at most. */
const POLL_MS = 1_000
const FIRST_PAUSE_MS = 1_000
const LAST_PAUSE_MS = 60_000

/** Follows the log until stopped; in several processes at once only one of them works. */
export function followBatchLog(hub: Pick<Hub, 'db' | 'log'>, follower: LogFollower): RunningFollower {
  return new BatchLogFollower(hub, follower)
}

class BatchLogFollower implements RunningFollower {
  private readonly hub: Pick<Hub, 'db' | 'log'>
  private readonly follower: LogFollower
  private readonly directory = new PointDirectory()
  private readonly running: Promise<void>
  private readonly unsubscribe: () => void
  private stopping = false
  private wake: (() => void) | null = null
  private awake = false
  private failures = 0

  constructor(hub: Pick<Hub, 'db' | 'log'>, follower: LogFollower) {
    this.hub = hub
    this.follower = follower
    this.unsubscribe = onCommit(hub, () => this.rouse())
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.stopping = true
    this.unsubscribe()
    this.rouse()
    await this.running
  }

  async caughtUp(): Promise<void> {
    const target = await lastBatchId(this.hub.db.pool)
    while (!this.stopping && (await readCursor(this.hub.db.pool, this.follower.name)) < target) {
      this.rouse()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  private rouse(): void {
    this.awake = true
    this.wake?.()
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.awake = false
      try {
        const more = await this.step()
        this.failures = 0
        if (!more) await this.pause(POLL_MS)
      } catch (error) {
        await this.recover(error)
      }
    }
  }

  private async recover(error: unknown): Promise<void> {
    const { name } = this.follower
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.failures++, LAST_PAUSE_MS)
    this.hub.log.warn(
      { err: error, follower: name, pauseMs },
      'follower of the batch log failed; it tries again',
    )
    const text = error instanceof Error ? error.message : String(error)
    await noteCursorError(this.hub.db.pool, name, text).catch(() => undefined)
    const until = Date.now() + pauseMs
    while (!this.stopping && Date.now() < until) {
      this.awake = false
      await this.pause(until - Date.now())
    }
  }

  private async pause(ms: number): Promise<void> {
    if (this.awake || this.stopping) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.wake = null
  }

  /** Handles one chunk. @returns whether there may be more */
  private async step(): Promise<boolean> {
    const { follower, hub } = this
    return hub.db.transaction(async (client) => {
      const cursor = await lockCursor(client, follower.name)
      if (cursor === null) return false
      const entries = await readLog(client, cursor, follower.maxReadings ?? MAX_READINGS)
      if (entries.length === 0) return false
      await follower.handle(client, await this.chunkOf(client, entries))
      await moveCursor(client, follower.name, entries.at(-1)!.id)
      return true
    })
  }

  private async chunkOf(client: PoolClient, entries: readonly LogEntry[]): Promise<LogChunk> {
    let series = entries.map((entry) => this.seriesOf(entry))
    const doubtful = entries.filter((_, i) => series[i] === null)
    if (doubtful.length > 0) {
      await this.directory.reload(client, [...new Set(doubtful.map((entry) => entry.gatewayId))])
      series = entries.map((entry, i) => series[i] ?? this.seriesOf(entry, true))
    }
    const all = series.flatMap((list) => list ?? [])
    return {
      firstBatchId: entries[0]!.id,
      lastBatchId: entries.at(-1)!.id,
      batches: entries.length,
      series: all,
      touched: touchedBy(all),
    }
  }

  /** Null when a point isn't known and the points may be outdated. */
  private seriesOf(entry: LogEntry, final = false): LoggedSeries[] | null {
    const { gatewayId } = entry
    // Events alone
    if (entry.payload.length === 0) return []
    // By the clock of then: what ingest let in stays in, what it held stays out
    const receivedMs = entry.receivedAt.getTime()
    const { taken, held } = takeIn(decodeBatch(entry.payload), this.directory.lookupOf(gatewayId), receivedMs)
    if (!final && held.some(({ why }) => why === 'pointUnknown' || why === 'scaleMismatch')) return null
    const batchId = entry.replayOf ?? entry.id
    return taken.map((columns) => ({ ...columns, gatewayId, batchId }))
  }
}

function touchedBy(series: readonly LoggedSeries[]): TouchedPoint[] {
  const touched = new Map<number, { pointId: number; firstMs: number; lastMs: number; readings: number }>()
  for (const { pointId, atMs } of series) {
    const point = touched.get(pointId) ?? { pointId, firstMs: Infinity, lastMs: -Infinity, readings: 0 }
    touched.set(pointId, point)
    for (const at of atMs) {
      if (at < point.firstMs) point.firstMs = at
      if (at > point.lastMs) point.lastMs = at
    }
    point.readings += atMs.length
  }
  return [...touched.values()].sort((a, b) => a.pointId - b.pointId)
}

/** Keeps usage up to date: follows the batch log, marks what was touched, recomputes what is marked. */
import type { PoolClient } from 'pg'
import type { Hub } from '../../../platform/module.ts'
import { followBatchLog, type RunningFollower } from '../../telemetry/index.ts'
import { USAGE_FOLLOWER } from '../pending-usage.repository.ts'
import {
  dirtyBacklog,
  markRanges,
  markTouchedPoints,
  postpone,
  readyPoints,
  takeDirty,
  takeDirtyOf,
  type DirtyRange,
} from './dirty.repository.ts'
import { recompute, type Recomputed } from './usage-computation.ts'

/** Metering points in one transaction: what a chunk reads and writes stays within some tens of megabytes. */
const CHUNK = 200
/** A mark is taken once nothing was added for a moment, or after this long while data keeps coming. */
const QUIET_MS = 1_500
const PATIENCE_MS = 8_000
const POLL_MS = 500
const MAX_PAUSE_MS = 30_000
const POSTPONE_MS = 60_000
const IDS_PER_EVENT = 150

export interface UsageWorker {
  stop(): Promise<void>
  /** Resolves once all that was committed before the call is in the usage tables. For tests and tools. */
  caughtUp(): Promise<void>
}

/** Runs in every process with the role `worker`; marks are shared out row by row. */
export function startUsageWorker(hub: Hub): UsageWorker {
  return new Worker(hub)
}

class Worker implements UsageWorker {
  private readonly hub: Hub
  private readonly follower: RunningFollower
  private readonly running: Promise<void>
  private readonly ending = new AbortController()
  private hurried = 0

  constructor(hub: Hub) {
    this.hub = hub
    this.follower = followBatchLog(hub, {
      name: USAGE_FOLLOWER,
      handle: (client, chunk) => markTouchedPoints(client, chunk.touched),
    })
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.ending.abort()
    await Promise.all([this.follower.stop(), this.running])
  }

  async caughtUp(): Promise<void> {
    await this.follower.caughtUp()
    this.hurried += 1
    try {
      while (!this.ending.signal.aborted && (await dirtyBacklog(this.hub.db.pool)).points > 0) await sleep(20)
    } finally {
      this.hurried -= 1
    }
  }

  private async run(): Promise<void> {
    let failures = 0
    while (!this.ending.signal.aborted) {
      try {
        const done = await this.step()
        failures = 0
        if (done === 0) await this.pause(this.hurried > 0 ? 20 : POLL_MS)
      } catch (error) {
        failures += 1
        this.hub.log.error({ err: error, module: 'metering' }, 'usage could not be computed; trying again')
        await this.pause(Math.min(1_000 * 2 ** failures, MAX_PAUSE_MS))
      }
    }
  }

  private async step(): Promise<number> {
    const quietMs = this.hurried > 0 ? 0 : QUIET_MS
    const patienceMs = this.hurried > 0 ? 0 : PATIENCE_MS
    const { db, clock } = this.hub
    try {
      const results = await db.transaction(async (client) => {
        const ranges = await takeDirty(client, CHUNK, quietMs, patienceMs)
        return ranges.length === 0 ? [] : recompute(client, ranges, clock.now())
      })
      announce(this.hub, results)
      return results.length
    } catch (error) {
      const ready = await readyPoints(db.pool, CHUNK, quietMs, patienceMs)
      if (ready.length === 0) throw error
      return this.oneByOne(ready)
    }
  }

  /** So that one metering point that cannot be computed doesn't keep the others waiting. */
  private async oneByOne(meteringPointIds: readonly string[]): Promise<number> {
    const { db, clock, log } = this.hub
    for (const meteringPointId of meteringPointIds) {
      if (this.ending.signal.aborted) break
      try {
        const results = await db.transaction(async (client) =>
          recompute(client, await takeDirtyOf(client, [meteringPointId]), clock.now()),
        )
        announce(this.hub, results)
      } catch (error) {
        log.error({ err: error, module: 'metering', meteringPointId }, 'usage could not be computed; put off')
        await postpone(db.pool, meteringPointId, POSTPONE_MS)
      }
    }
    return meteringPointIds.length
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, this.ending.signal)
  }
}

/** Recomputes at once, within the transaction of a write that somebody waits for. Call `announce` after the commit. */
export async function recomputeNow(
  client: PoolClient,
  ranges: readonly DirtyRange[],
  now: Date,
): Promise<Recomputed[]> {
  await markRanges(client, ranges)
  const marked = await takeDirtyOf(
    client,
    ranges.map((range) => range.meteringPointId),
  )
  return recompute(client, marked, now)
}

/** Tells browsers, and writes down where reads contradict each other. */
export function announce(hub: Hub, results: readonly Recomputed[]): void {
  const changed = Map.groupBy(
    results.filter((result) => result.changedDays > 0),
    (result) => result.projectId,
  )
  for (const [projectId, list] of changed) {
    for (let i = 0; i < list.length; i += IDS_PER_EVENT) {
      const meteringPointIds = list.slice(i, i + IDS_PER_EVENT).map((result) => result.meteringPointId)
      hub.live.publish('usage', { meteringPointIds }, { projectId })
    }
  }
  for (const { code, meteringPointId, disagreements } of results) {
    if (disagreements.length === 0) continue
    hub.log.warn(
      {
        module: 'metering',
        meteringPointId,
        code,
        count: disagreements.length,
        firstMs: disagreements[0]!.atMs,
      },
      'reads of one instant disagree; the more trusted one counts',
    )
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done)
  })
}

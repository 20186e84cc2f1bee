/** What a follower of the batch log gets to see. */
import type { PoolClient } from 'pg'

/** The readings of one point in one batch; parallel arrays. */
export interface LoggedSeries {
  /** The batch whose evidence this is: for a replayed series the one that first brought it. */
  readonly batchId: bigint
  readonly gatewayId: string
  readonly pointId: number
  /** A value is `mantissas[i]` / 10^scale. */
  readonly scale: number
  /** Milliseconds since the epoch, in the order of the batch (nearly always ascending). */
  readonly atMs: readonly number[]
  /** Safe integers; null where the quality says that there is no value. */
  readonly mantissas: readonly (number | null)[]
  readonly qualities: readonly number[]
}

/** A point that got readings, and the span of their instants (both inclusive). */
export interface TouchedPoint {
  readonly pointId: number
  readonly firstMs: number
  readonly lastMs: number
  readonly readings: number
}

/** Some batches in the order of the log. Series of points that the hub doesn't know are left out. */
export interface LogChunk {
  readonly firstBatchId: bigint
  readonly lastBatchId: bigint
  readonly batches: number
  readonly series: readonly LoggedSeries[]
  /** One row per point, ascending by point. */
  readonly touched: readonly TouchedPoint[]
}

export interface LogFollower {
  /** Key of its cursor in log_cursor, such as `usage`. */
  readonly name: string
  /** A chunk ends with the batch that reaches this many readings; default 100,000. */
  readonly maxReadings?: number
  /**
   * Runs inside the transaction that also moves the cursor: what it writes with `client` is done exactly once.
   * When it throws, all is rolled back and tried again with growing pauses (1 s … 60 s).
   */
  handle(client: PoolClient, chunk: LogChunk): Promise<void>
}

export interface RunningFollower {
  /** Ends after the chunk at hand. */
  stop(): Promise<void>
  /** Resolves once everything that was committed before the call has been handled. For tests and tools. */
  caughtUp(): Promise<void>
}

/** One reading as time-series databases know it. */
export interface MirrorPoint {
  /** None is empty: the line protocol has no empty tags. */
  readonly tags: Readonly<Record<string, string>>
  /** Null when the reading has no value. */
  readonly value: number | null
  readonly quality: number
  readonly atMs: number
}

/** A database that takes points. Writing a point again changes nothing. */
export interface MirrorTarget {
  /** Rejects unless all points are stored. */
  write(points: readonly MirrorPoint[]): Promise<void>
}

/** Name of the measurement; VictoriaMetrics makes `reading_value` and `reading_quality` of it. */
export const MEASUREMENT = 'reading'

/** Readings of one request. */
export const POINTS_PER_REQUEST = 5_000
export const REQUEST_TIMEOUT_MS = 20_000

export function* inPieces<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size)
}

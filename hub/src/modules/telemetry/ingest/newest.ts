/** The newest reading of each point. */
import type { LatestReading } from '../ingest.repository.ts'

export interface BatchSeries {
  readonly batchId: bigint
  readonly pointId: number
  readonly scale: number
  readonly atMs: readonly number[]
  readonly mantissas: readonly (number | null)[]
  readonly qualities: readonly number[]
}

export interface LatestValue extends LatestReading {
  readonly scale: number
}

/**
 * Ascending by point. Of readings at the same instant the first counts.
 * @param known instants of values that are stored already: older ones are left out
 */
export function newestOf(
  series: Iterable<BatchSeries>,
  known: ReadonlyMap<number, number> = new Map(),
): LatestValue[] {
  const newest = new Map<number, LatestValue>()
  for (const one of series) {
    const value = newestIn(one, newest.get(one.pointId)?.atMs ?? known.get(one.pointId) ?? -Infinity)
    if (value) newest.set(one.pointId, value)
  }
  return [...newest.values()].sort((a, b) => a.pointId - b.pointId)
}

function newestIn(series: BatchSeries, afterMs: number): LatestValue | null {
  let best = -1
  let bestMs = afterMs
  for (let i = 0; i < series.atMs.length; i++) {
    if (series.atMs[i]! <= bestMs) continue
    bestMs = series.atMs[i]!
    best = i
  }
  if (best < 0) return null
  const { pointId, scale, batchId } = series
  return {
    pointId,
    scale,
    batchId,
    atMs: bestMs,
    mantissa: series.mantissas[best]!,
    quality: series.qualities[best]!,
  }
}

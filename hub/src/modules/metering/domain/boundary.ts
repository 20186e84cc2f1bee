/** The index at an instant and the reads that it follows from: the evidence that a bill shows. */
import type { BoundaryIndex } from '@courtyard/protocols/contract'
import { formatDecimal } from './decimal.ts'
import type { Read } from './reads.ts'

/**
 * Position of the installation that holds at an instant: for the start of a span the one that goes on after it, for the
 * end the one that was there before it. −1 when there is none.
 */
export function installationAt(
  installations: readonly { fromMs: number; toMs: number | null }[],
  atMs: number,
  side: 'start' | 'end',
): number {
  return installations.findIndex(({ fromMs, toMs }) =>
    side === 'start'
      ? fromMs <= atMs && (toMs === null || atMs < toMs)
      : fromMs < atMs && (toMs === null || atMs <= toMs),
  )
}

/**
 * `reads` are those of the installation, in order, around the instant; `index` is what the splitting gave for it.
 * Null when the reads don't reach to both sides.
 */
export function boundaryFrom(
  reads: readonly Read[],
  atMs: number,
  index: string,
  scale: number,
): BoundaryIndex | null {
  const exact = reads.find((read) => read.atMs === atMs)
  if (exact) return boundaryAtRead(exact, scale, index)
  const before = reads.findLast((read) => read.atMs < atMs)
  const after = reads.find((read) => read.atMs > atMs)
  if (!before || !after) return null
  return {
    at: new Date(atMs).toISOString(),
    index,
    method: 'interpolated',
    reads: [evidenceOf(before, scale), evidenceOf(after, scale)],
  }
}

/** `index` differs from the read's own only by jitter that was taken out. */
export function boundaryAtRead(read: Read, scale: number, index?: string): BoundaryIndex {
  const evidence = evidenceOf(read, scale)
  return {
    at: evidence.at,
    index: index ?? evidence.index,
    method: read.source === 'installation' ? 'installation' : 'read',
    reads: [evidence],
  }
}

/** A written-down index of an installation counts as read by hand. */
export function evidenceOf(read: Read, scale: number): BoundaryIndex['reads'][number] {
  return {
    at: new Date(read.atMs).toISOString(),
    index: formatDecimal(read.index, scale),
    source: read.source === 'installation' ? 'manual' : read.source,
    batchId: read.batchId,
  }
}

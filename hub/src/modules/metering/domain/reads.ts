/** Register reads as the computation sees them. */
import type { RegisterRead } from '@courtyard/protocols/contract'

/** `installation`: the initial or final index that was written down when the meter was put in or taken out. */
export type ReadOrigin = RegisterRead['source'] | 'installation'

export interface Read {
  readonly atMs: number
  /** Index × 10^scale of the register. */
  readonly index: bigint
  readonly source: ReadOrigin
  /** The batch that brought it; null for reads made by people. */
  readonly batchId: string | null
  /** Of equal sources at one instant the lowest is believed: the first batch; of people's reads the newest. */
  readonly rank: bigint
}

/** Two reads of one instant that disagree: the better source is kept, the other one stays in the log. */
export interface Disagreement {
  readonly atMs: number
  readonly kept: Read
  readonly ignored: Read
}

/** Who is believed when two reads of one instant differ: a person who looked before a machine that sent. */
const precedence: Record<ReadOrigin, number> = {
  installation: 0,
  manual: 1,
  phone: 2,
  import: 3,
  feed: 4,
  estimate: 5,
}

/**
 * Ascending, one read per instant. Of equal sources the one of the older batch is kept, so what was computed
 * once isn't overturned by a duplicate, and the newest one that a person entered, so a slip can be corrected; then
 * the lower index, so the result doesn't hang on the order given.
 */
export function orderReads(reads: readonly Read[]): { reads: Read[]; disagreements: Disagreement[] } {
  const ordered = [...reads].sort((a, b) => a.atMs - b.atMs || compareTrust(a, b))
  const kept: Read[] = []
  const disagreements: Disagreement[] = []
  for (const read of ordered) {
    const last = kept.at(-1)
    if (last?.atMs !== read.atMs) kept.push(read)
    else if (last.index !== read.index) disagreements.push({ atMs: read.atMs, kept: last, ignored: read })
  }
  return { reads: kept, disagreements }
}

function compareTrust(a: Read, b: Read): number {
  return precedence[a.source] - precedence[b.source] || compare(a.rank, b.rank) || compare(a.index, b.index)
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

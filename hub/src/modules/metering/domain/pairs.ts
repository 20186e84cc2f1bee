/** Neighbouring reads of one meter at one place, and what flowed between them. */
import { IntervalStatus } from '@courtyard/protocols/contract'
import { mostIn, type CountingRegister } from '@courtyard/protocols/metering'
import type { Decimal } from './decimal.ts'
import { orderReads, type Disagreement, type Read } from './reads.ts'

const HOUR_MS = 3_600_000

/** What the computation must know of a meter. Integers are at the register's scale. */
export interface Register extends CountingRegister {
  readonly scale: number
  readonly multiplier: Decimal
}

/** One meter at one metering point, from when to when, with its reads. */
export interface InstalledMeter {
  readonly register: Register
  readonly fromMs: number
  /** Null while it is installed. */
  readonly toMs: number | null
  readonly initialIndex: bigint | null
  readonly finalIndex: bigint | null
  /** It took the place of another meter. */
  readonly replacesOther: boolean
  /** Another meter took its place. */
  readonly isReplaced: boolean
  /** Reads of this meter; those outside its time here are left out of the computation. */
  readonly reads: readonly Read[]
}

export interface Pair {
  readonly from: Read
  readonly to: Read
  /** Indexes with jitter taken out: they never fall, except at a rollover. */
  readonly fromIndex: bigint
  readonly toIndex: bigint
  /** What the register counted between them; null when held. */
  readonly difference: bigint | null
  readonly rolledOver: boolean
  /** More than the meter can count in the time: counted all the same, and shown to a person. */
  readonly jumped: boolean
  /** Position in IntervalStatus. */
  readonly status: number
  /** Longer than an hour: the sum is exact, the shape in between is not known. */
  readonly estimated: boolean
}

export const Status = Object.fromEntries(IntervalStatus.options.map((name, i) => [name, i])) as Record<
  IntervalStatus,
  number
>

/** Reads of the installation in order, with its written-down indexes, each instant once. */
export function readsOfInstallation(installed: InstalledMeter): {
  reads: Read[]
  disagreements: Disagreement[]
} {
  const { fromMs, toMs, initialIndex, finalIndex } = installed
  const written: Read[] = []
  if (initialIndex !== null) written.push(writtenDown(fromMs, initialIndex))
  if (finalIndex !== null && toMs !== null) written.push(writtenDown(toMs, finalIndex))
  const own = installed.reads.filter((read) => read.atMs >= fromMs && (toMs === null || read.atMs < toMs))
  return orderReads([...own, ...written])
}

const writtenDown = (atMs: number, index: bigint): Read => ({
  atMs,
  index,
  source: 'installation',
  batchId: null,
  rank: 0n,
})

/** Neighbouring reads → pairs. `reads` as readsOfInstallation gives them. */
export function pairsOf(installed: InstalledMeter, reads: readonly Read[]): Pair[] {
  const pairs: Pair[] = []
  let before = reads[0]
  let mark = before?.index ?? 0n
  for (const read of reads.slice(1)) {
    const step = stepTo(installed.register, mark, read.index, read.atMs - before!.atMs)
    const estimated = read.atMs - before!.atMs > HOUR_MS
    pairs.push({
      from: before!,
      to: read,
      fromIndex: mark,
      toIndex: step.index,
      difference: step.difference,
      rolledOver: step.rolledOver,
      jumped:
        step.difference !== null && step.difference > mostIn(installed.register, read.atMs - before!.atMs),
      estimated,
      status: statusOf(installed, before!, read, step, estimated),
    })
    before = read
    mark = step.index
  }
  return pairs
}

interface Step {
  readonly difference: bigint | null
  readonly index: bigint
  readonly rolledOver: boolean
}

/**
 * What the register counted from one read to the next. When the index went back: a rollover when the way over the
 * top is less than half the register and no more than the meter can count in the time; jitter when within
 * the tolerance (nothing flowed, and the next read is compared with the higher index, so that nothing is counted
 * twice); otherwise unknown until a person says why.
 */
function stepTo(register: Register, mark: bigint, index: bigint, elapsedMs: number): Step {
  const difference = index - mark
  if (difference >= 0n) return { difference, index, rolledOver: false }
  if (register.modulus !== null) {
    const overTheTop = difference + register.modulus
    const plausible = overTheTop * BigInt(HOUR_MS) <= register.maxPerHour * BigInt(elapsedMs)
    if (plausible && overTheTop * 2n < register.modulus && overTheTop >= 0n) {
      return { difference: overTheTop, index, rolledOver: true }
    }
  }
  if (-difference <= register.jitter) return { difference: 0n, index: mark, rolledOver: false }
  return { difference: null, index, rolledOver: false }
}

function statusOf(installed: InstalledMeter, from: Read, to: Read, step: Step, estimated: boolean): number {
  if (step.difference === null) return Status.held
  const replaced =
    (installed.replacesOther && from.source === 'installation') ||
    (installed.isReplaced && to.source === 'installation')
  if (replaced) return Status.replaced
  if (step.rolledOver) return Status.rollover
  return estimated ? Status.estimated : Status.measured
}

/**
 * From which read on the pairs are the same whatever came before the first one: after jitter a pair depends on
 * the highest index so far. −1 when more reads from before are needed.
 */
export function settledFrom(reads: readonly Read[], jitter: bigint): number {
  const first = reads[0]
  if (!first) return -1
  if (jitter === 0n) return 0
  let highest = first.index + jitter
  for (const [i, read] of reads.entries()) {
    if (i > 0 && read.index >= highest) return i
    if (read.index > highest) highest = read.index
  }
  return -1
}

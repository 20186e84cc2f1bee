/** What each meter of a metering point gave to a span: the part of a bill that shows registers. */
import type { BillSegment, BoundaryIndex, IntervalStatus } from '@courtyard/protocols/contract'
import { IntervalStatus as Statuses } from '@courtyard/protocols/contract'
import { boundaryAtRead, boundaryFrom } from './boundary.ts'
import { decimalOf, formatDecimal, mantissaAt, rescale } from './decimal.ts'
import { pairsOf, readsOfInstallation, type InstalledMeter, type Pair } from './pairs.ts'
import { installedMeters, type PointPlan } from './plan.ts'
import type { Read } from './reads.ts'
import { worstStatus } from './usage-rows.ts'

export const statusName = (position: number): IntervalStatus => Statuses.options[position] ?? 'gap'

/** What is stored of a span of whole days; indexes at the plan's `indexScale`, null while unknown. */
export interface StoredSpan {
  readonly fromIndex: bigint | null
  readonly toIndex: bigint | null
  /** Mantissa at `usageScale`. */
  readonly usage: bigint
  readonly status: number
}

/**
 * The segments of a span `[fromMs, toMs)`, in order of time; together they hold exactly `stored.usage`. `reads` are
 * those of every installation in the span and one neighbour on either side; where only one meter was there, those
 * around the two ends are enough. A meter without reads in the span gives none.
 */
export function segmentsOf(
  plan: PointPlan,
  reads: readonly (readonly Read[])[],
  fromMs: number,
  toMs: number,
  stored: StoredSpan,
): BillSegment[] {
  const meters = installedMeters(plan, reads)
  const present = meters.flatMap((meter, i) => {
    const overlaps = meter.fromMs < toMs && (meter.toMs === null || meter.toMs > fromMs)
    const ends = overlaps ? endsOf(plan, meter, fromMs, toMs, stored) : null
    return ends ? [{ i, meter, ...ends }] : []
  })
  return present.map(({ i, meter, reads: own, from, to }) => {
    const counted =
      present.length === 1
        ? {
            usage: stored.usage,
            status: stored.status,
            rollovers: rolloversOf(plan, meter, from, to, stored.usage),
          }
        : countBetween(plan, meter, pairsOf(meter, own), from, to)
    return segmentOf(plan, i, from, to, counted)
  })
}

interface Counted {
  readonly usage: bigint
  readonly status: number
  readonly rollovers: number
}

function segmentOf(
  plan: PointPlan,
  i: number,
  from: BoundaryIndex,
  to: BoundaryIndex,
  counted: Counted,
): BillSegment {
  const facts = plan.installations[i]!
  const { scale, modulus, multiplier } = plan.registers[i]!
  return {
    meteringPointId: plan.meteringPointId,
    meteringPointCode: plan.code,
    meterId: facts.meterId,
    serial: facts.serial,
    from,
    to,
    multiplier: formatDecimal(multiplier.mantissa, multiplier.scale),
    rollovers: counted.rollovers,
    modulus: modulus === null ? null : formatDecimal(modulus, scale),
    usage: formatDecimal(counted.usage, plan.usageScale),
    status: statusName(counted.status),
  }
}

/** A segment of a whole month whose two boundaries are stored: nothing has to be read for it. */
export function storedSegment(
  plan: PointPlan,
  i: number,
  from: BoundaryIndex,
  to: BoundaryIndex,
  usage: string,
  status: number,
): BillSegment {
  const mantissa = mantissaAt(decimalOf(usage), plan.usageScale)!
  const meter = { register: plan.registers[i]! }
  return segmentOf(plan, i, from, to, {
    usage: mantissa,
    status,
    rollovers: rolloversOf(plan, meter, from, to, mantissa),
  })
}

/** Where the meter's part begins and ends: at the span's ends, else at its first and last read in it. */
function endsOf(plan: PointPlan, meter: InstalledMeter, fromMs: number, toMs: number, stored: StoredSpan) {
  const { reads } = readsOfInstallation(meter)
  const { scale } = meter.register
  const inside = reads.filter((read) => read.atMs >= fromMs && read.atMs <= toMs)
  const at = (ms: number, index: bigint | null): BoundaryIndex | null =>
    index === null || meter.fromMs > ms || (meter.toMs !== null && meter.toMs < ms)
      ? null
      : boundaryFrom(reads, ms, formatDecimal(index, plan.indexScale), scale)
  const first = inside[0]
  const last = inside.at(-1)
  const startsHere = meter.fromMs > fromMs ? null : at(fromMs, stored.fromIndex)
  const endsHere = meter.toMs !== null && meter.toMs <= toMs ? null : at(toMs, stored.toIndex)
  const from = startsHere ?? (first ? boundaryAtRead(first, scale) : null)
  const to = endsHere ?? (last ? boundaryAtRead(last, scale) : null)
  return from && to ? { reads, from, to } : null
}

const indexOf = (boundary: BoundaryIndex, scale: number): bigint =>
  mantissaAt(decimalOf(boundary.index), scale)!

/** How often the register wrapped, from what was used; 0 where a part is unknown. */
function rolloversOf(
  plan: PointPlan,
  meter: Pick<InstalledMeter, 'register'>,
  from: BoundaryIndex,
  to: BoundaryIndex,
  usage: bigint,
): number {
  const { scale, modulus, multiplier } = meter.register
  if (modulus === null) return 0
  const moved = (indexOf(to, scale) - indexOf(from, scale)) * multiplier.mantissa
  const wrapped = usage - rescale(moved, scale + multiplier.scale, plan.usageScale)
  const once = rescale(modulus * multiplier.mantissa, scale + multiplier.scale, plan.usageScale)
  return wrapped > 0n && wrapped % once === 0n ? Number(wrapped / once) : 0
}

/** Adds up the pairs between two boundaries; of one that reaches beyond only its part. */
function countBetween(
  plan: PointPlan,
  meter: InstalledMeter,
  pairs: readonly Pair[],
  from: BoundaryIndex,
  to: BoundaryIndex,
): Counted {
  const { scale, modulus, multiplier } = meter.register
  const fromMs = Date.parse(from.at)
  const toMs = Date.parse(to.at)
  let counted = 0n
  let rollovers = 0
  const statuses: number[] = []
  for (const pair of pairs) {
    if (pair.to.atMs <= fromMs || pair.from.atMs >= toMs) continue
    statuses.push(pair.status)
    if (pair.difference === null) continue
    const low = pair.from.atMs < fromMs ? indexOf(from, scale) : pair.fromIndex
    const high = pair.to.atMs > toMs ? indexOf(to, scale) : pair.toIndex
    const wraps = high < low && pair.rolledOver
    counted += high - low + (wraps ? modulus! : 0n)
    rollovers += wraps ? 1 : 0
  }
  const usage = rescale(counted * multiplier.mantissa, scale + multiplier.scale, plan.usageScale)
  return { usage, rollovers, status: worstStatus(statuses) }
}

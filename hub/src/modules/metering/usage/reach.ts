/** How far a recomputation must reach: from the read before what was touched to the one after it. */
import type { Calendar } from '../domain/calendar.ts'
import { readsOfInstallation, settledFrom } from '../domain/pairs.ts'
import { installedMeters, type PointPlan } from '../domain/plan.ts'
import type { Read } from '../domain/reads.ts'

const HOUR_MS = 3_600_000

export interface Span {
  readonly fromMs: number
  /** Not included. */
  readonly toMs: number
}

/** A metering point's reads around what was touched. `events` are the reads that count, per installation. */
export interface Reach extends Span {
  readonly events: readonly (readonly Read[])[]
  /** The newest read of all; null when there is a later one outside, or none at all. */
  readonly newest: { read: Read; installation: number } | null
  /** No read is known here. */
  readonly empty: boolean
}

/** What to load at first: mostly the neighbours are within the hour. */
export function firstWindow(fromMs: number, toMs: number, calendar: Calendar): Span {
  return { fromMs: calendar.slotStart(fromMs - HOUR_MS), toMs: calendar.slotEnd(toMs + HOUR_MS) }
}

export function reachOf(
  plan: PointPlan,
  reads: readonly (readonly Read[])[],
  touched: { fromMs: number; toMs: number },
  calendar: Calendar,
): Reach {
  const events = installedMeters(plan, reads).map((meter) => readsOfInstallation(meter).reads)
  const instants = events.flatMap((list) => list.map((read) => read.atMs))
  const before = instants.reduce((last, at) => (at < touched.fromMs && at > last ? at : last), -Infinity)
  const after = instants.reduce((first, at) => (at > touched.toMs && at < first ? at : first), Infinity)
  const start = before === -Infinity ? touched.fromMs : before
  const end = after === Infinity ? touched.toMs : after
  return {
    events,
    fromMs: calendar.slotStart(start),
    toMs: slotCeil(end, calendar),
    newest: after === Infinity ? newestOf(events) : null,
    empty: instants.length === 0,
  }
}

export function slotCeil(ms: number, calendar: Calendar): number {
  return calendar.slotStart(ms) === ms ? ms : calendar.slotEnd(ms)
}

function newestOf(events: readonly (readonly Read[])[]): Reach['newest'] {
  let newest: Reach['newest'] = null
  for (const [installation, reads] of events.entries()) {
    const read = reads.at(-1)
    if (read && (newest === null || read.atMs >= newest.read.atMs)) newest = { read, installation }
  }
  return newest
}

/**
 * A meter with a jitter tolerance compares with the highest index so far, which may lie far back: true when the
 * reads at hand reach back far enough for that to be certain from the start of the reach on.
 */
export function reachesBackEnough(plan: PointPlan, reach: Reach, loadedFromMs: number): boolean {
  return plan.installations.every((facts, i) => {
    const { jitter } = plan.registers[i]!
    const reads = reach.events[i]!
    if (jitter === 0n || reads.length === 0 || loadedFromMs <= facts.fromMs) return true
    const settled = settledFrom(reads, jitter)
    return settled >= 0 && reads[settled]!.atMs <= Math.max(reach.fromMs, reads[0]!.atMs)
  })
}

/** Whether two reads of the reach are so far apart that the weeks before shape what lies between. */
export function hasLongPair(reach: Reach): boolean {
  return reach.events.some((reads) =>
    reads.some((read, i) => {
      const next = reads[i + 1]
      return (
        next !== undefined &&
        next.atMs - read.atMs > HOUR_MS &&
        next.atMs > reach.fromMs &&
        read.atMs < reach.toMs
      )
    }),
  )
}

/** First instant of the pairs that touch the reach. */
export function firstPairMs(reach: Reach): number {
  return Math.min(
    reach.fromMs,
    ...reach.events.map((reads) => reads.findLast((read) => read.atMs <= reach.fromMs)?.atMs ?? reach.fromMs),
  )
}

/** Puts together windows that nearly coincide, so that many points are read in one statement and little too much. */
export function groupWindows<T extends { window: Span }>(
  works: readonly T[],
): { window: Span; works: T[] }[] {
  const groups: { window: Span; works: T[]; longest: number }[] = []
  for (const work of [...works].sort((a, b) => a.window.fromMs - b.window.fromMs)) {
    const length = work.window.toMs - work.window.fromMs
    const group = groups.at(-1)
    const toMs = Math.max(group?.window.toMs ?? 0, work.window.toMs)
    const longest = Math.max(group?.longest ?? 0, length)
    if (group && toMs - group.window.fromMs <= longest * 2) {
      group.works.push(work)
      group.window = { fromMs: group.window.fromMs, toMs }
      group.longest = longest
    } else {
      groups.push({ window: work.window, works: [work], longest: length })
    }
  }
  return groups
}

/**
 * Recomputes the usage of many metering points at once: loads what the touched ranges need, splits, and saves
 * what came out different. Everything happens in the caller's transaction, which holds the marks.
 */
import type { PoolClient } from 'pg'
import { readingHorizons } from '../../telemetry/index.ts'
import { addDays, calendarOf, SLOT_MS, type Calendar } from '../domain/calendar.ts'
import { rescale } from '../domain/decimal.ts'
import { Status } from '../domain/pairs.ts'
import { installedMeters, type PointPlan } from '../domain/plan.ts'
import type { Disagreement } from '../domain/reads.ts'
import { splitUsage } from '../domain/split-usage.ts'
import { isEmpty, mergeDays, sameDay, type UsageDayRow } from '../domain/usage-rows.ts'
import { lastDependentDay, loadDays, type DaySpan } from './days.repository.ts'
import type { DirtyRange } from './dirty.repository.ts'
import type { Outcome, Work } from './outcome.ts'
import { loadPlans } from './plan.repository.ts'
import {
  firstPairMs,
  firstWindow,
  groupWindows,
  hasLongPair,
  reachesBackEnough,
  reachOf,
  type Span,
} from './reach.ts'
import { loadReads } from './reads.repository.ts'
import { saveOutcomes } from './usage-saving.ts'

/** Beyond every read. */
const END_OF_TIME = Date.UTC(2200, 0, 1)

export interface Recomputed {
  readonly meteringPointId: string
  readonly projectId: string
  readonly code: string
  /** Days whose row is another one now. */
  readonly changedDays: number
  /** Reads of one instant that disagree, within what was computed. */
  readonly disagreements: readonly Disagreement[]
}

/** `now` becomes the time of computation of the rows that change. Metering points that are gone are passed over. */
export async function recompute(
  client: PoolClient,
  ranges: readonly DirtyRange[],
  now: Date,
): Promise<Recomputed[]> {
  const plans = await loadPlans(client, [...new Set(ranges.map((range) => range.meteringPointId))])
  const horizons = await readingHorizons(client, [
    ...new Set([...plans.values()].map(({ projectId }) => projectId)),
  ])
  const works = ranges.flatMap((range) => workOf(plans.get(range.meteringPointId), range, horizons))
  if (works.length === 0) return []
  await settle(client, works)
  await settle(client, await extendToDependents(client, works))
  const stored = await loadDays(
    client,
    works.map((work) => daySpanOf(work, work.reach)),
  )
  const history = await loadHistory(client, works)
  const outcomes = works.map((work) => outcomeOf(work, stored, history))
  await saveOutcomes(client, outcomes, now)
  return outcomes.map(({ work, changes, split }) => ({
    meteringPointId: work.plan.meteringPointId,
    projectId: work.plan.projectId,
    code: work.plan.code,
    changedDays: changes.length,
    disagreements: split?.disagreements ?? [],
  }))
}

/** What lies before the horizon of a project is final: the readings that it came from may be in an archive. */
function workOf(
  plan: PointPlan | undefined,
  range: DirtyRange,
  horizons: ReadonlyMap<string, number>,
): Work[] {
  if (!plan) return []
  const horizonMs = horizons.get(plan.projectId) ?? -Infinity
  if (range.toMs < horizonMs) return []
  const calendar = calendarOf(plan.timeZone)
  const trembles = plan.registers.some((register) => register.jitter > 0n)
  const touched = { fromMs: Math.max(range.fromMs, horizonMs), toMs: trembles ? END_OF_TIME : range.toMs }
  const window = firstWindow(touched.fromMs, touched.toMs, calendar)
  return [
    {
      plan,
      calendar,
      touched,
      window,
      reads: [],
      reach: { ...window, events: [], newest: null, empty: true },
    },
  ]
}

/** Loads reads until every reach lies within its window. */
async function settle(client: PoolClient, works: readonly Work[]): Promise<void> {
  let open = [...works]
  while (open.length > 0) {
    for (const group of groupWindows(open)) {
      const reads = await loadReads(
        client,
        group.works.map((work) => work.plan),
        group.window.fromMs,
        group.window.toMs,
      )
      for (const work of group.works) {
        work.reads = reads.get(work.plan.meteringPointId)!
        work.window = group.window
        work.reach = reachOf(work.plan, work.reads, work.touched, work.calendar)
      }
    }
    open = open.filter((work) => !isSettled(work))
  }
}

/** Widens the window when it was too narrow. */
function isSettled(work: Work): boolean {
  const { reach, window } = work
  const fromMs = Math.min(window.fromMs, reach.fromMs)
  const toMs = Math.max(window.toMs, reach.toMs)
  if (fromMs < window.fromMs || toMs > window.toMs) {
    work.window = { fromMs, toMs }
    return false
  }
  if (reachesBackEnough(work.plan, reach, window.fromMs)) return true
  const back = Math.max(24 * 3_600_000, (reach.fromMs - window.fromMs) * 4)
  work.window = { fromMs: work.calendar.slotStart(reach.fromMs - back), toMs }
  return false
}

/** Estimates up to three weeks later took their shape from the days that change now: they are computed again too. */
async function extendToDependents(client: PoolClient, works: readonly Work[]): Promise<Work[]> {
  const last = await lastDependentDay(
    client,
    works.map((work) => daySpanOf(work, work.reach)),
  )
  return works.filter((work) => {
    const day = last.get(work.plan.meteringPointId)
    if (day === undefined) return false
    const toMs = work.calendar.localDay(day).endMs - 1
    if (toMs <= work.touched.toMs) return false
    work.touched = { fromMs: work.touched.fromMs, toMs }
    work.window = { fromMs: work.window.fromMs, toMs: Math.max(work.window.toMs, toMs + 1) }
    return true
  })
}

function daySpanOf(work: Work, span: Span): DaySpan {
  const { calendar, plan } = work
  return {
    meteringPointId: plan.meteringPointId,
    firstDay: calendar.dayOf(span.fromMs),
    lastDay: calendar.dayOf(Math.max(span.fromMs, span.toMs - 1)),
  }
}

type DaysByPoint = Map<string, Map<string, UsageDayRow>>

/** The three weeks before long pairs, for those that have one. */
async function loadHistory(client: PoolClient, works: readonly Work[]): Promise<DaysByPoint> {
  const spans = works
    .filter((work) => hasLongPair(work.reach))
    .map((work) => {
      const first = work.calendar.dayOf(firstPairMs(work.reach))
      return { ...daySpanOf(work, work.reach), firstDay: addDays(first, -21) }
    })
  return spans.length === 0 ? new Map() : loadDays(client, spans)
}

function outcomeOf(work: Work, stored: DaysByPoint, history: DaysByPoint): Outcome {
  const { plan, calendar, reach } = work
  const days = stored.get(plan.meteringPointId) ?? new Map<string, UsageDayRow>()
  const span = trimmed(work, days)
  if (span.fromMs >= span.toMs) return { work, span: reach, split: null, changes: [] }
  const split = splitUsage(installedMeters(plan, work.reads), {
    calendar,
    fromMs: span.fromMs,
    toMs: span.toMs,
    usageScale: plan.usageScale,
    indexScale: plan.indexScale,
    measuredBefore: measuredIn(history.get(plan.meteringPointId), plan.usageScale, calendar),
  })
  const changes: Outcome['changes'] = []
  for (const row of mergeDays(split, days, calendar, plan)) {
    const before = days.get(row.day)
    const after = isEmpty(row) ? undefined : row
    if (before && after ? !sameDay(before, after) : before !== after) changes.push({ before, after })
  }
  return { work, span: reach, split, changes }
}

/** Nothing is computed for years without a read and without a row to correct. */
function trimmed(work: Work, days: ReadonlyMap<string, UsageDayRow>): Span {
  const { reach, calendar } = work
  const rows = [...days.keys()].sort()
  const firstRow = rows.length > 0 ? calendar.localDay(rows[0]!).startMs : Infinity
  const lastRow = rows.length > 0 ? calendar.localDay(rows.at(-1)!).endMs : -Infinity
  const instants = reach.events.flatMap((reads) =>
    [reads[0], reads.at(-1)].flatMap((read) => read?.atMs ?? []),
  )
  const firstRead = Math.min(...instants)
  const lastRead = Math.max(...instants)
  const first = Math.min(firstRow, Number.isFinite(firstRead) ? calendar.slotStart(firstRead) : Infinity)
  const last = Math.max(lastRow, Number.isFinite(lastRead) ? calendar.slotEnd(lastRead) : -Infinity)
  return { fromMs: Math.max(reach.fromMs, first), toMs: Math.min(reach.toMs, last) }
}

function measuredIn(
  days: ReadonlyMap<string, UsageDayRow> | undefined,
  usageScale: number,
  calendar: Calendar,
): (slotStartMs: number) => bigint | null {
  return (slotStartMs) => {
    const day = calendar.dayOf(slotStartMs)
    const row = days?.get(day)
    if (!row) return null
    const slot = Math.round((slotStartMs - calendar.localDay(day).startMs) / SLOT_MS)
    const usage = row.slotStatus[slot] === Status.measured ? row.slotUsage[slot]! : null
    // A meter that was put in since has a finer scale; one that was taken out may leave a coarser one behind
    return usage === null || row.scale > usageScale ? null : rescale(usage, row.scale, usageScale)
  }
}

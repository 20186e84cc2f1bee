/**
 * Recomputes the usage of many metering points at once: loads what the touched ranges need, splits, and saves
 * what came out different. Everything happens in the caller's transaction, which holds the marks.
 */
import type { PoolClient } from 'pg'
import type { BoundaryIndex } from '@courtyard/protocols/contract'
import { addDays, calendarOf, monthOf, type Calendar } from '../domain/calendar.ts'
import { formatDecimal, rescale } from '../domain/decimal.ts'
import { boundaryFrom, installationAt } from '../domain/boundary.ts'
import { readsOfInstallation, Status } from '../domain/pairs.ts'
import { installedMeters, type PointPlan } from '../domain/plan.ts'
import type { Disagreement, Read } from '../domain/reads.ts'
import { splitUsage, type SplitResult } from '../domain/split-usage.ts'
import {
  changedMonth,
  installedSlots,
  isEmpty,
  mergeDays,
  monthSpan,
  sameDay,
  type UsageDayRow,
  type UsageMonthRow,
} from '../domain/usage-rows.ts'
import type { DirtyRange } from './dirty.repository.ts'
import { loadPlans } from './plan.repository.ts'
import {
  firstPairMs,
  firstWindow,
  groupWindows,
  hasLongPair,
  reachesBackEnough,
  reachOf,
  type Reach,
  type Span,
} from './reach.ts'
import { loadReads } from './reads.repository.ts'
import {
  deleteDays,
  deleteMonths,
  deleteStates,
  lastDependentDay,
  loadDays,
  loadMonths,
  monthKeyText,
  replaceHeld,
  saveDays,
  saveMonths,
  saveStates,
  type DaySpan,
  type HeldRow,
  type MonthKey,
  type StoredMonth,
} from './usage.repository.ts'

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

interface Work {
  readonly plan: PointPlan
  readonly calendar: Calendar
  touched: { fromMs: number; toMs: number }
  window: Span
  reads: readonly (readonly Read[])[]
  reach: Reach
}

interface Outcome {
  readonly work: Work
  readonly span: Span
  readonly split: SplitResult | null
  readonly changes: { before: UsageDayRow | undefined; after: UsageDayRow | undefined }[]
}

/** `now` becomes the time of computation of the rows that change. Metering points that are gone are passed over. */
export async function recompute(
  client: PoolClient,
  ranges: readonly DirtyRange[],
  now: Date,
): Promise<Recomputed[]> {
  const plans = await loadPlans(client, [...new Set(ranges.map((range) => range.meteringPointId))])
  const works = ranges.flatMap((range) => workOf(plans.get(range.meteringPointId), range))
  if (works.length === 0) return []
  await settle(client, works)
  await settle(client, await extendToDependents(client, works))
  const stored = await loadDays(
    client,
    works.map((work) => daySpanOf(work, work.reach)),
  )
  const history = await loadHistory(client, works)
  const outcomes = works.map((work) => outcomeOf(work, stored, history))
  await save(client, outcomes, now)
  return outcomes.map(({ work, changes, split }) => ({
    meteringPointId: work.plan.meteringPointId,
    projectId: work.plan.projectId,
    code: work.plan.code,
    changedDays: changes.length,
    disagreements: split?.disagreements ?? [],
  }))
}

function workOf(plan: PointPlan | undefined, range: DirtyRange): Work[] {
  if (!plan) return []
  const calendar = calendarOf(plan.timeZone)
  const trembles = plan.registers.some((register) => register.jitter > 0n)
  const touched = { fromMs: range.fromMs, toMs: trembles ? END_OF_TIME : range.toMs }
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
    const slot = Math.round((slotStartMs - calendar.localDay(day).startMs) / 1_800_000)
    const usage = row.slotStatus[slot] === Status.measured ? row.slotUsage[slot]! : null
    // A meter that was put in since has a finer scale; one that was taken out may leave a coarser one behind
    return usage === null || row.scale > usageScale ? null : rescale(usage, row.scale, usageScale)
  }
}

async function save(client: PoolClient, outcomes: readonly Outcome[], now: Date): Promise<void> {
  const days = outcomes.flatMap(({ work, changes }) => changes.map((change) => ({ ...work.plan, ...change })))
  await saveDays(
    client,
    days.flatMap((day) => (day.after ? [{ ...day, row: day.after }] : [])),
    now,
  )
  await deleteDays(
    client,
    days.flatMap(({ meteringPointId, before, after }) =>
      before && !after ? [{ meteringPointId, day: before.day }] : [],
    ),
  )
  await saveMonthsOf(client, outcomes, now)
  await replaceHeld(
    client,
    outcomes.map(({ work, span }) => ({ ...span, meteringPointId: work.plan.meteringPointId })),
    outcomes.flatMap(heldRows),
  )
  await saveStatesOf(client, outcomes)
}

function heldRows({ work, split }: Outcome): HeldRow[] {
  const { meteringPointId, projectId } = work.plan
  return (split?.held ?? []).map(({ pair, scale }) => ({
    meteringPointId,
    projectId,
    fromMs: pair.from.atMs,
    toMs: pair.to.atMs,
    fromIndex: formatDecimal(pair.from.index, scale),
    toIndex: formatDecimal(pair.to.index, scale),
    reason: 'index_went_back',
  }))
}

/** Months of what was computed, also where no day changed: the number of slots with a meter may have. */
async function saveMonthsOf(client: PoolClient, outcomes: readonly Outcome[], now: Date): Promise<void> {
  const keyed = outcomes.flatMap((outcome) => monthsOf(outcome).map((month) => ({ outcome, month })))
  const keys = keyed.map(({ outcome, month }) => ({
    meteringPointId: outcome.work.plan.meteringPointId,
    month,
  }))
  const stored = await loadMonths(client, keys)
  const saved: StoredMonth[] = []
  const gone: MonthKey[] = []
  for (const [i, { outcome, month }] of keyed.entries()) {
    const { plan, calendar } = outcome.work
    const { row, worst } = stored.get(monthKeyText(keys[i]!))!
    if (worst === null) {
      if (row) gone.push(keys[i]!)
      continue
    }
    const changes = outcome.changes.filter(({ before, after }) => monthOf((before ?? after)!.day) === month)
    const totalSlots = installedSlots(month, plan.installations, calendar)
    const facts = { scale: plan.usageScale, totalSlots, status: worst, ...boundariesOf(outcome, month, row) }
    saved.push({
      meteringPointId: plan.meteringPointId,
      projectId: plan.projectId,
      row: changedMonth(row, changes, month, calendar, facts),
    })
  }
  await saveMonths(client, saved, now)
  await deleteMonths(client, gone)
}

/** Those that the computed run reaches; the others stay as they were. */
function boundariesOf(outcome: Outcome, month: string, stored: UsageMonthRow | undefined) {
  const { fromMs, toMs } = monthSpan(month, outcome.work.calendar)
  return {
    from: boundaryIn(outcome, fromMs, 'start') ?? (reaches(outcome, fromMs) ? null : (stored?.from ?? null)),
    to: boundaryIn(outcome, toMs, 'end') ?? (reaches(outcome, toMs) ? null : (stored?.to ?? null)),
  }
}

const reaches = ({ span }: Outcome, ms: number): boolean => ms >= span.fromMs && ms <= span.toMs

function boundaryIn({ work, split, span }: Outcome, ms: number, side: 'start' | 'end'): BoundaryIndex | null {
  if (!split || ms < span.fromMs || ms > span.toMs) return null
  const { plan } = work
  const position = split.startMs.indexOf(ms)
  const index = split.index[position < 0 ? split.startMs.length : position] ?? null
  if (index === null) return null
  const i = installationAt(plan.installations, ms, side)
  if (i < 0) return null
  const reads = readsOfInstallation(installedMeters(plan, work.reads)[i]!).reads
  return boundaryFrom(reads, ms, formatDecimal(index, plan.indexScale), plan.registers[i]!.scale)
}

function monthsOf({ work, changes, split }: Outcome): string[] {
  const months = new Set(changes.map(({ before, after }) => monthOf((before ?? after)!.day)))
  if (split) {
    for (const ms of [split.startMs[0]!, split.startMs.at(-1)!]) months.add(monthOf(work.calendar.dayOf(ms)))
  }
  return [...months]
}

async function saveStatesOf(client: PoolClient, outcomes: readonly Outcome[]): Promise<void> {
  await saveStates(
    client,
    outcomes.flatMap(({ work }) => {
      const { newest } = work.reach
      if (!newest) return []
      const { meteringPointId, projectId, registers } = work.plan
      const { scale } = registers[newest.installation]!
      return [
        { meteringPointId, projectId, lastReadMs: newest.read.atMs, lastIndex: newest.read.index, scale },
      ]
    }),
  )
  await deleteStates(
    client,
    outcomes.filter(({ work }) => work.reach.empty).map(({ work }) => work.plan.meteringPointId),
  )
}

/** Saves what a recomputation changed: days, then the months they belong to, what is held, the newest reads. */
import type { PoolClient } from 'pg'
import type { BoundaryIndex } from '@courtyard/protocols/contract'
import { boundaryFrom, installationAt } from '../domain/boundary.ts'
import { monthOf } from '../domain/calendar.ts'
import { formatDecimal } from '../domain/decimal.ts'
import { pairsOf, readsOfInstallation } from '../domain/pairs.ts'
import { installedMeters } from '../domain/plan.ts'
import { changedMonth, installedSlots, monthSpan, type UsageMonthRow } from '../domain/usage-rows.ts'
import { deleteDays, saveDays } from './days.repository.ts'
import {
  deleteMonths,
  loadMonths,
  monthKeyText,
  saveMonths,
  type MonthKey,
  type StoredMonth,
} from './months.repository.ts'
import type { Outcome } from './outcome.ts'
import { deleteStates, replaceHeld, saveStates, type HeldRow } from './state.repository.ts'

export async function saveOutcomes(
  client: PoolClient,
  outcomes: readonly Outcome[],
  now: Date,
): Promise<void> {
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
  const all = split ? [...split.held, ...split.jumps] : []
  return all.map(({ pair, scale }) => ({
    meteringPointId,
    projectId,
    fromMs: pair.from.atMs,
    toMs: pair.to.atMs,
    fromIndex: formatDecimal(pair.from.index, scale),
    toIndex: formatDecimal(pair.to.index, scale),
    reason: pair.difference === null ? 'index_went_back' : 'index_jumped',
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
  const i = installationAt(plan.installations, ms, side)
  if (i < 0) return null
  const meter = installedMeters(plan, work.reads)[i]!
  const { reads } = readsOfInstallation(meter)
  const { scale } = meter.register
  if (side === 'end' && meter.toMs === ms) {
    // At this very instant the split has the index of the meter that came after
    const last = pairsOf(meter, reads).at(-1)
    return last?.to.atMs === ms ? boundaryFrom(reads, ms, formatDecimal(last.toIndex, scale), scale) : null
  }
  const position = split.startMs.indexOf(ms)
  const index = split.index[position < 0 ? split.startMs.length : position] ?? null
  return index === null ? null : boundaryFrom(reads, ms, formatDecimal(index, plan.indexScale), scale)
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

/** Days and months as they are stored. Pure: slots in, rows out. */
import type { BoundaryIndex } from '@courtyard/protocols/contract'
import { addDays, byHalfHourOf, firstDayOf, addMonths, monthOf, SLOT_MS, type Calendar } from './calendar.ts'
import { rescale } from './decimal.ts'
import { Status } from './pairs.ts'
import type { UsageSlots } from './split-usage.ts'

export interface UsageDayRow {
  readonly day: string
  /** Mantissas at `scale`; null where nothing is known. */
  readonly slotUsage: (bigint | null)[]
  readonly slotStatus: number[]
  /** One more than slots, mantissas at `indexScale`. */
  readonly slotIndex: (bigint | null)[]
  /** Bit n: slot n was shaped by estimation. */
  readonly estimatedBits: bigint
  readonly scale: number
  readonly indexScale: number
}

/** What follows from the slots. */
export interface DayTotals {
  readonly usage: bigint
  readonly status: number
  readonly knownSlots: number
  readonly estimatedSlots: number
}

export interface UsageMonthRow extends DayTotals {
  readonly month: string
  readonly slotUsage: bigint[]
  readonly scale: number
  readonly totalSlots: number
  /** Index at the first instant of the month and at that of the next one; null while unknown. */
  readonly from: BoundaryIndex | null
  readonly to: BoundaryIndex | null
}

/** Worst of what is not merely unknown; gap when nothing else is there. */
export function worstStatus(statuses: readonly number[]): number {
  const worst = statuses.reduce((all, status) => (status !== Status.gap && status > all ? status : all), -1)
  return worst < 0 ? Status.gap : worst
}

export function dayTotals(row: UsageDayRow): DayTotals {
  return {
    usage: row.slotUsage.reduce<bigint>((sum, usage) => sum + (usage ?? 0n), 0n),
    status: worstStatus(row.slotStatus),
    knownSlots: row.slotStatus.filter((status) => status < Status.gap).length,
    estimatedSlots: row.estimatedBits.toString(2).replaceAll('0', '').length,
  }
}

/** No usage is known and nothing is held: such a day has no row, also when a single read lies in it. */
export function isEmpty(row: UsageDayRow): boolean {
  return (
    row.slotStatus.every((status) => status === Status.gap) && row.slotUsage.every((usage) => usage === null)
  )
}

export function sameDay(a: UsageDayRow, b: UsageDayRow): boolean {
  const same = <T>(left: readonly T[], right: readonly T[]) =>
    left.length === right.length && left.every((value, i) => value === right[i])
  return (
    a.scale === b.scale &&
    a.indexScale === b.indexScale &&
    a.estimatedBits === b.estimatedBits &&
    same(a.slotUsage, b.slotUsage) &&
    same(a.slotStatus, b.slotStatus) &&
    same(a.slotIndex, b.slotIndex)
  )
}

interface Scales {
  readonly usageScale: number
  readonly indexScale: number
}

/** Puts a run of slots over the days that it touches; what lies outside the run stays as it was stored. */
export function mergeDays(
  run: UsageSlots,
  stored: ReadonlyMap<string, UsageDayRow>,
  calendar: Calendar,
  scales: Scales,
): UsageDayRow[] {
  const days: UsageDayRow[] = []
  let i = 0
  while (i < run.startMs.length) {
    const { day, startMs, slots } = calendar.localDay(calendar.dayOf(run.startMs[i]!))
    const row = blankOr(stored.get(day), day, slots, scales)
    let estimatedBits = row.estimatedBits
    const first = Math.round((run.startMs[i]! - startMs) / SLOT_MS)
    for (let slot = first; slot < slots && i < run.startMs.length; slot++, i++) {
      row.slotUsage[slot] = run.usage[i]!
      row.slotStatus[slot] = run.status[i]!
      row.slotIndex[slot] = run.index[i]!
      row.slotIndex[slot + 1] = run.index[i + 1]!
      const bit = 1n << BigInt(slot)
      estimatedBits = run.estimated[i] ? estimatedBits | bit : estimatedBits & ~bit
    }
    days.push({ ...row, estimatedBits })
  }
  return days
}

function blankOr(stored: UsageDayRow | undefined, day: string, slots: number, scales: Scales): UsageDayRow {
  const { usageScale: scale, indexScale } = scales
  if (stored?.slotUsage.length !== slots) {
    return {
      day,
      slotUsage: new Array<bigint | null>(slots).fill(null),
      slotStatus: new Array<number>(slots).fill(Status.gap),
      slotIndex: new Array<bigint | null>(slots + 1).fill(null),
      estimatedBits: 0n,
      scale,
      indexScale,
    }
  }
  const at = (values: readonly (bigint | null)[], from: number, to: number) =>
    values.map((value) => (value === null || from === to ? value : rescale(value, from, to)))
  return {
    ...stored,
    slotUsage: at(stored.slotUsage, stored.scale, scale),
    slotStatus: [...stored.slotStatus],
    slotIndex: at(stored.slotIndex, stored.indexScale, indexScale),
    scale,
    indexScale,
  }
}

/** A month after some of its days changed: what they gave before is taken out, what they give now is put in. */
export function changedMonth(
  before: UsageMonthRow | undefined,
  changes: readonly { before: UsageDayRow | undefined; after: UsageDayRow | undefined }[],
  month: string,
  calendar: Calendar,
  facts: Pick<UsageMonthRow, 'scale' | 'totalSlots' | 'status' | 'from' | 'to'>,
): UsageMonthRow {
  const scaled = (row: { scale: number }, value: bigint) => rescale(value, row.scale, facts.scale)
  const slotUsage = before
    ? before.slotUsage.map((value) => scaled(before, value))
    : new Array<bigint>(48).fill(0n)
  let usage = before ? scaled(before, before.usage) : 0n
  let { knownSlots, estimatedSlots } = before ?? { knownSlots: 0, estimatedSlots: 0 }
  const add = (row: UsageDayRow | undefined, sign: 1 | -1) => {
    if (!row) return
    const totals = dayTotals(row)
    for (const [i, value] of byHalfHourOf(calendar, row.day, row.slotUsage).entries()) {
      slotUsage[i]! += scaled(row, value) * BigInt(sign)
    }
    usage += scaled(row, totals.usage) * BigInt(sign)
    knownSlots += sign * totals.knownSlots
    estimatedSlots += sign * totals.estimatedSlots
  }
  for (const change of changes) {
    add(change.before, -1)
    add(change.after, 1)
  }
  return { month, usage, slotUsage, knownSlots, estimatedSlots, ...facts }
}

/** Slots of a month in which a meter was installed, wholly or in part. */
export function installedSlots(
  month: string,
  installations: readonly { fromMs: number; toMs: number | null }[],
  calendar: Calendar,
): number {
  const { fromMs, toMs } = monthSpan(month, calendar)
  const covers = installations.some((one) => one.fromMs <= fromMs && (one.toMs === null || one.toMs >= toMs))
  let slots = 0
  for (let day = firstDayOf(month); monthOf(day) === month; day = addDays(day, 1)) {
    const local = calendar.localDay(day)
    if (covers) {
      slots += local.slots
      continue
    }
    for (let at = local.startMs; at < local.endMs; at = calendar.slotEnd(at)) {
      const end = calendar.slotEnd(at)
      if (installations.some((one) => one.fromMs < end && (one.toMs ?? Infinity) > at)) slots += 1
    }
  }
  return slots
}

export function monthSpan(month: string, calendar: Calendar): { fromMs: number; toMs: number } {
  return {
    fromMs: calendar.localDay(firstDayOf(month)).startMs,
    toMs: calendar.localDay(firstDayOf(addMonths(month, 1))).startMs,
  }
}

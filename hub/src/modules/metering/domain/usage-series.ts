/** Stored days and months → the intervals of a chart. */
import { IntervalStatus, type Usage } from '@courtyard/protocols/contract'
import { addDays, addMonths, daysBetween, firstDayOf, monthOf, SLOT_MS, type Calendar } from './calendar.ts'
import { formatDecimal, rescale } from './decimal.ts'
import { Status } from './pairs.ts'
import { monthSpan, worstStatus, type UsageDayRow, type UsageMonthRow } from './usage-rows.ts'

export type Granularity = Usage['granularity']
/** Days of a project, both included. */
export interface DayRange {
  readonly from: string
  readonly to: string
}

/** What is missing for less than this is the time until the next read, not a gap. */
const STALE_MS = 3_600_000

export interface Interval {
  readonly fromMs: number
  readonly toMs: number
  /** Mantissa at `scale`; null while nothing is known. */
  readonly usage: bigint | null
  readonly scale: number
  readonly status: number
  /** 0–1 */
  readonly coverage: number
}

/** The span before, of equal kind: the month before a whole month, the year before a whole year, else as many days. */
export function previousRange({ from, to }: DayRange, granularity: Granularity): DayRange {
  const after = addDays(to, 1)
  const wholeMonths = from.endsWith('-01') && after.endsWith('-01')
  if (granularity !== 'hour' && wholeMonths) {
    const months = monthsBetween(monthOf(from), monthOf(to)).length
    const first = firstDayOf(addMonths(monthOf(from), -months))
    return { from: first, to: addDays(from, -1) }
  }
  const days = daysBetween(from, to).length
  return { from: addDays(from, -days), to: addDays(from, -1) }
}

export function monthsBetween(first: string, last: string): string[] {
  const months: string[] = []
  for (let month = first; month <= last; month = addMonths(month, 1)) months.push(month)
  return months
}

export function hourIntervals(
  range: DayRange,
  rows: ReadonlyMap<string, UsageDayRow>,
  calendar: Calendar,
  nowMs: number,
): Interval[] {
  return daysBetween(range.from, range.to).flatMap((day) => {
    const { startMs, endMs, slots } = calendar.localDay(day)
    return Array.from({ length: Math.ceil(slots / 2) }, (_, hour) => {
      const first = hour * 2
      const end = Math.min(first + 2, slots)
      const toMs = end === slots ? endMs : startMs + end * SLOT_MS
      return intervalOf(
        rows.get(day),
        first,
        end,
        startMs,
        { fromMs: startMs + first * SLOT_MS, toMs },
        nowMs,
      )
    })
  })
}

export function dayIntervals(
  range: DayRange,
  rows: ReadonlyMap<string, UsageDayRow>,
  calendar: Calendar,
  nowMs: number,
): Interval[] {
  return daysBetween(range.from, range.to).map((day) => {
    const { startMs, endMs, slots } = calendar.localDay(day)
    return intervalOf(rows.get(day), 0, slots, startMs, { fromMs: startMs, toMs: endMs }, nowMs)
  })
}

function intervalOf(
  row: UsageDayRow | undefined,
  first: number,
  end: number,
  dayStartMs: number,
  span: { fromMs: number; toMs: number },
  nowMs: number,
): Interval {
  if (!row) return { ...span, usage: null, scale: 0, status: Status.gap, coverage: 0 }
  const usage = row.slotUsage.slice(first, end)
  const status = row.slotStatus.slice(first, end)
  const isMissing = status.some(
    (one, i) => one === Status.gap && dayStartMs + (first + i + 1) * SLOT_MS <= nowMs - STALE_MS,
  )
  const known = status.filter((one) => one < Status.gap).length
  const worst = worstStatus(status)
  const partly = usage.some((one) => one !== null)
  return {
    ...span,
    usage: partly ? usage.reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n) : null,
    scale: row.scale,
    // A slot known in part says "gap", yet there is something to show
    status:
      worst === Status.held
        ? worst
        : isMissing || !partly
          ? Status.gap
          : worst === Status.gap
            ? Status.measured
            : worst,
    coverage: known / (end - first),
  }
}

export function monthIntervals(
  range: DayRange,
  rows: ReadonlyMap<string, UsageMonthRow>,
  calendar: Calendar,
  nowMs: number,
  lastReadMs: number | null,
): Interval[] {
  return monthsBetween(monthOf(range.from), monthOf(range.to)).map((month) => {
    const span = monthSpan(month, calendar)
    const row = rows.get(month)
    if (!row) return { ...span, usage: null, scale: 0, status: Status.gap, coverage: 0 }
    const isOver = span.toMs <= nowMs
    const isMissing = isOver
      ? row.knownSlots < row.totalSlots
      : lastReadMs === null || lastReadMs < nowMs - STALE_MS
    const status = row.status === Status.held ? row.status : isMissing ? Status.gap : row.status
    const slots = Math.round((span.toMs - span.fromMs) / SLOT_MS)
    return {
      ...span,
      usage: row.usage,
      scale: row.scale,
      status,
      coverage: Math.min(1, row.knownSlots / slots),
    }
  })
}

/** As the contract has it; `previous` is aligned by position. */
export function seriesOf(
  intervals: readonly Interval[],
  previous: readonly Interval[],
): Pick<Usage, 'intervals' | 'previous' | 'total'> {
  const scale = Math.max(0, ...intervals.map((interval) => interval.scale))
  const total = intervals.reduce((sum, one) => sum + rescale(one.usage ?? 0n, one.scale, scale), 0n)
  const text = (one: Interval | undefined) =>
    !one || one.usage === null ? null : formatDecimal(one.usage, one.scale)
  return {
    intervals: intervals.map((one) => ({
      from: new Date(one.fromMs).toISOString(),
      to: new Date(one.toMs).toISOString(),
      usage: text(one),
      status: IntervalStatus.options[one.status]!,
      coverage: one.coverage,
    })),
    previous: intervals.map((_, i) => text(previous[i])),
    total: formatDecimal(total, scale),
  }
}

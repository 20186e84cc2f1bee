import { addDays, addMonths, dayOf } from '#lib/format/time.ts'

export type Granularity = 'hour' | 'day' | 'month'
/** Days from `from` to `to`, both counted, as the hub's route takes them. */
export interface UsageRange {
  readonly from: string
  readonly to: string
}

/** The stretch shown for a granularity that ends with the given day: a day's hours, a month's days, a year's months. */
export function rangeAround(granularity: Granularity, anchor: string): UsageRange {
  if (granularity === 'hour') return { from: anchor, to: anchor }
  if (granularity === 'day') {
    const month = anchor.slice(0, 7)
    return { from: `${month}-01`, to: addDays(`${addMonths(month, 1)}-01`, -1) }
  }
  const year = anchor.slice(0, 4)
  return { from: `${year}-01-01`, to: `${year}-12-31` }
}

/** The anchor one stretch earlier (−1) or later (+1). */
export function moveAnchor(granularity: Granularity, anchor: string, by: -1 | 1): string {
  if (granularity === 'hour') return addDays(anchor, by)
  if (granularity === 'day') return `${addMonths(anchor, by)}-01`
  return `${Number(anchor.slice(0, 4)) + by}-01-01`
}

/** Whether the stretch holds the current day, so that nothing later can be shown. */
export function isCurrent(range: UsageRange, now: number, timeZone: string): boolean {
  const today = dayOf(now, timeZone)
  return range.from <= today && today <= range.to
}

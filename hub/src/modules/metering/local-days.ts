/** Small helpers on a project's clock for modules that show usage. */
import { addDays, byHalfHourOf, calendarOf } from './domain/calendar.ts'
import { bigintArray } from './usage/sql-arrays.ts'

export interface LocalDays {
  /** `2026-11-21` */
  readonly today: string
  readonly yesterday: string
  /** First instant of today. */
  readonly midnight: Date
  /** What the local clock shows, as milliseconds after 00:00. */
  readonly elapsedMs: number
}

export function localDays(timeZone: string, now: Date): LocalDays {
  const calendar = calendarOf(timeZone)
  const today = calendar.dayOf(now.getTime())
  const slotStart = calendar.slotStart(now.getTime())
  return {
    today,
    yesterday: addDays(today, -1),
    midnight: new Date(calendar.localDay(today).startMs),
    elapsedMs: calendar.halfHourOf(slotStart) * 1_800_000 + (now.getTime() - slotStart),
  }
}

/** `slot_usage` of a usage_day row as PostgreSQL writes it → 48 sums by local half hour; null where nothing is known. */
export function byLocalHalfHour(timeZone: string, day: string, slotUsage: string): (bigint | null)[] {
  const calendar = calendarOf(timeZone)
  const slots = bigintArray(slotUsage)
  const known = new Set(slots.flatMap((usage, i) => (usage === null ? [] : [calendar.halfHours(day)[i]!])))
  return byHalfHourOf(calendar, day, slots).map((sum, halfHour) => (known.has(halfHour) ? sum : null))
}

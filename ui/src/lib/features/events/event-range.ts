/** Stretches of time that the list of events can show; in the address by name. */
import { addDays, dayOf, instantOfLocal } from '#lib/format/time.ts'

export const ranges = ['all', 'today', '7d', '30d', 'custom'] as const
export type RangeName = (typeof ranges)[number]

/** Instants for the query; `from` and `to` are calendar days of the project, both included. */
export function spanOf(
  range: RangeName,
  days: { from: string; to: string },
  now: number,
  timeZone: string,
): { from?: string; to?: string } {
  const today = dayOf(now, timeZone)
  const start = (day: string): string => instantOfLocal(day, timeZone)
  if (range === 'today') return { from: start(today) }
  if (range === '7d') return { from: start(addDays(today, -6)) }
  if (range === '30d') return { from: start(addDays(today, -29)) }
  if (range !== 'custom') return {}
  const isDay = (day: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(day)
  return {
    ...(isDay(days.from) ? { from: start(days.from) } : {}),
    ...(isDay(days.to) ? { to: start(addDays(days.to, 1)) } : {}),
  }
}

/** The site's own calendar. China has one zone and no summer time, so local time is UTC+8 throughout. */
export const ZONE_MS = 8 * 3_600_000
export const DAY_MS = 86_400_000

/** Meters were put in on this day; before it there is nothing to ask for. */
export const INSTALLED_AT_MS = Date.parse('2023-01-01T00:00:00+08:00')

const FIRST_DAY = (INSTALLED_AT_MS + ZONE_MS) / DAY_MS

/** Local day since installation (0 on the first) and the milliseconds since its midnight. */
export function localDay(atMs: number): { day: number; msOfDay: number } {
  const local = atMs + ZONE_MS
  const epochDay = Math.floor(local / DAY_MS)
  return { day: epochDay - FIRST_DAY, msOfDay: local - epochDay * DAY_MS }
}

export function isWeekend(day: number): boolean {
  // 1970-01-01 was a Thursday.
  const weekday = (day + FIRST_DAY + 4) % 7
  return weekday === 0 || weekday === 6
}

/** Between the middles of months the factor goes straight. */
export function seasonFactor(months: readonly number[], day: number): number {
  const date = new Date((day + FIRST_DAY) * DAY_MS)
  const position = date.getUTCMonth() + (date.getUTCDate() - 15.5) / 31
  const month = Math.floor(position)
  const rest = position - month
  return months[(month + 12) % 12]! * (1 - rest) + months[(month + 13) % 12]! * rest
}

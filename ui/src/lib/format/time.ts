/** Instants and calendar days as people read them, always in the zone of the project. */
const cache = new Map<string, Intl.DateTimeFormat>()

function formatter(
  locale: string,
  timeZone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${locale}|${timeZone}|${JSON.stringify(options)}`
  let found = cache.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(locale, { timeZone, hourCycle: 'h23', ...options })
    cache.set(key, found)
  }
  return found
}

export type InstantStyle = 'full' | 'minute' | 'time' | 'clock' | 'day' | 'monthDay' | 'hour'

const styles: Record<InstantStyle, Intl.DateTimeFormatOptions> = {
  full: {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  },
  minute: { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  clock: { hour: '2-digit', minute: '2-digit' },
  day: { year: 'numeric', month: '2-digit', day: '2-digit' },
  monthDay: { month: 'numeric', day: 'numeric' },
  hour: { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
}

/** An instant (ISO text or milliseconds) in the zone of the project. */
export function formatInstant(
  at: string | number,
  locale: string,
  timeZone: string,
  style: InstantStyle = 'minute',
): string {
  return formatter(locale, timeZone, styles[style]).format(new Date(at))
}

/** `2026-11` → `2026年11月`, `November 2026`. */
export function formatMonth(month: string, locale: string): string {
  return formatter(locale, 'UTC', { year: 'numeric', month: 'long' }).format(
    new Date(`${month}-01T00:00:00Z`),
  )
}

/** `2026-11-21` → `2026/11/21`, `11/21/2026`. */
export function formatDay(day: string, locale: string): string {
  return formatter(locale, 'UTC', styles.day).format(new Date(`${day}T00:00:00Z`))
}

/** The calendar day of an instant in a zone, `2026-11-21`. */
export function dayOf(at: string | number | Date, timeZone: string): string {
  return formatter('en-CA', timeZone, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    new Date(at),
  )
}

/** A day moved by some days. */
export function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() + days)
  return date.toISOString().slice(0, 10)
}

/** A month moved by some months. */
export function addMonths(month: string, months: number): string {
  const date = new Date(`${month.slice(0, 7)}-01T00:00:00Z`)
  date.setUTCMonth(date.getUTCMonth() + months)
  return date.toISOString().slice(0, 7)
}

/** Whole days from one day to another, the second not counted. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000)
}

/** Minutes that a zone is ahead of UTC at an instant. */
function zoneOffsetMinutes(atMs: number, timeZone: string): number {
  const parts = formatter('en-US', timeZone, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(atMs)
  const value = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  const local = Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour'),
    value('minute'),
    value('second'),
  )
  return Math.round((local - atMs) / 60_000)
}

/** The instant of a wall-clock time (`2026-11-21T08:30`) in a zone, as ISO text in UTC. */
export function instantOfLocal(local: string, timeZone: string): string {
  const wall = Date.parse(`${local.length === 10 ? `${local}T00:00` : local}Z`)
  let at = wall - zoneOffsetMinutes(wall, timeZone) * 60_000
  // Near a change of the clock the offset at the first guess may be the other one.
  at = wall - zoneOffsetMinutes(at, timeZone) * 60_000
  return new Date(at).toISOString()
}

/** Wall-clock time of an instant for an `input type=datetime-local`, to the minute or the second. */
export function localOfInstant(at: string | number, timeZone: string, seconds = false): string {
  const atMs = new Date(at).getTime()
  return new Date(atMs + zoneOffsetMinutes(atMs, timeZone) * 60_000).toISOString().slice(0, seconds ? 19 : 16)
}

/** `3 分钟前`, `3 minutes ago`; the clock is a parameter. */
export function formatAge(at: string, now: number, locale: string): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000)
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  const size = Math.abs(seconds)
  if (size < 60) return relative.format(seconds, 'second')
  if (size < 3600) return relative.format(Math.round(seconds / 60), 'minute')
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), 'hour')
  return relative.format(Math.round(seconds / 86_400), 'day')
}

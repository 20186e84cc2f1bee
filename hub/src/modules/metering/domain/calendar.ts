/**
 * Local days and half hours of a time zone. A slot is a half hour counted from the first instant of the
 * local day, so a day has 48 of them, 46 or 50 when the clock is changed. Instants are milliseconds since the
 * epoch, days are `2026-11-21`, months `2026-11`.
 */
export const SLOT_MS = 30 * 60_000
const DAY_MS = 24 * 60 * 60_000

export interface LocalDay {
  readonly day: string
  readonly startMs: number
  /** First instant of the next day. */
  readonly endMs: number
  readonly slots: number
}

export interface Calendar {
  readonly timeZone: string
  dayOf(ms: number): string
  localDay(day: string): LocalDay
  /** Start of the slot that holds the instant. */
  slotStart(ms: number): number
  /** End of the slot that holds the instant. */
  slotEnd(ms: number): number
  /** Half hour of the local clock, 0–47, at which a slot starts. */
  halfHourOf(slotStartMs: number): number
  /** Half-hour positions of a day's slots. */
  halfHours(day: string): readonly number[]
  /** Slot of another day at the same local half hour; null when the clock skips it there. */
  sameSlotDaysBefore(slotStartMs: number, days: number): number | null
}

const calendars = new Map<string, Calendar>()

/** @throws RangeError when the time zone is not known */
export function calendarOf(timeZone: string): Calendar {
  let calendar = calendars.get(timeZone)
  if (!calendar) calendars.set(timeZone, (calendar = new ZoneCalendar(timeZone)))
  return calendar
}

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

/** Days from the first to the last, both included. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = []
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day)
  return days
}

export const monthOf = (day: string): string => day.slice(0, 7)
export const firstDayOf = (month: string): string => `${month}-01`

export function addMonths(month: string, months: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7)
}

/** 48 sums by local half hour: repeated half hours add up, skipped ones stay zero. */
export function byHalfHourOf(
  calendar: Calendar,
  day: string,
  slotUsage: readonly (bigint | null)[],
): bigint[] {
  const sums = new Array<bigint>(48).fill(0n)
  const halfHours = calendar.halfHours(day)
  for (const [i, usage] of slotUsage.entries()) sums[halfHours[i]!]! += usage ?? 0n
  return sums
}

class ZoneCalendar implements Calendar {
  readonly timeZone: string
  private readonly format: Intl.DateTimeFormat
  private readonly days = new Map<string, LocalDay>()
  private readonly positions = new Map<string, readonly number[]>()
  private last: LocalDay | null = null

  constructor(timeZone: string) {
    this.timeZone = timeZone
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  dayOf(ms: number): string {
    return this.dayAt(ms).day
  }

  localDay(day: string): LocalDay {
    let known = this.days.get(day)
    if (!known) {
      const startMs = this.firstInstant(day)
      const endMs = this.firstInstant(addDays(day, 1))
      known = { day, startMs, endMs, slots: Math.round((endMs - startMs) / SLOT_MS) }
      this.days.set(day, known)
    }
    return known
  }

  slotStart(ms: number): number {
    const day = this.dayAt(ms)
    return day.startMs + Math.min(Math.floor((ms - day.startMs) / SLOT_MS), day.slots - 1) * SLOT_MS
  }

  slotEnd(ms: number): number {
    const day = this.dayAt(ms)
    const next = this.slotStart(ms) + SLOT_MS
    return next >= day.startMs + day.slots * SLOT_MS ? day.endMs : next
  }

  halfHourOf(slotStartMs: number): number {
    const day = this.dayAt(slotStartMs)
    return this.halfHours(day.day)[Math.round((slotStartMs - day.startMs) / SLOT_MS)]!
  }

  halfHours(day: string): readonly number[] {
    let known = this.positions.get(day)
    if (!known) {
      const { startMs, slots } = this.localDay(day)
      known = Array.from({ length: slots }, (_, i) =>
        slots === 48 ? i : Math.floor(modulo(this.wallMs(startMs + i * SLOT_MS), DAY_MS) / SLOT_MS),
      )
      this.positions.set(day, known)
    }
    return known
  }

  sameSlotDaysBefore(slotStartMs: number, days: number): number | null {
    const halfHour = this.halfHourOf(slotStartMs)
    const day = addDays(this.dayAt(slotStartMs).day, -days)
    const position = this.halfHours(day).indexOf(halfHour)
    return position < 0 ? null : this.localDay(day).startMs + position * SLOT_MS
  }

  private dayAt(ms: number): LocalDay {
    if (this.last && ms >= this.last.startMs && ms < this.last.endMs) return this.last
    this.last = this.localDay(new Date(this.wallMs(ms)).toISOString().slice(0, 10))
    return this.last
  }

  /** The local clock's reading, as if it were UTC. */
  private wallMs(ms: number): number {
    const whole = Math.floor(ms / 1000) * 1000
    const part: Record<string, number> = {}
    for (const { type, value } of this.format.formatToParts(whole)) part[type] = Number(value)
    const wall = Date.UTC(
      part['year']!,
      part['month']! - 1,
      part['day'],
      part['hour'],
      part['minute'],
      part['second'],
    )
    return wall + (ms - whole)
  }

  /** First instant at which the local date is `day`; where the clock skips midnight, that of the change. */
  private firstInstant(day: string): number {
    const midnight = Date.parse(`${day}T00:00:00Z`)
    const offsets = [midnight - DAY_MS, midnight + DAY_MS].map((at) => this.wallMs(at) - at)
    const exact = offsets.map((offset) => midnight - offset).filter((at) => this.wallMs(at) === midnight)
    if (exact.length > 0) return Math.min(...exact)
    let before = midnight - 2 * DAY_MS
    let after = midnight + 2 * DAY_MS
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (this.wallMs(middle) < midnight) before = middle
      else after = middle
    }
    return after
  }
}

const modulo = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor

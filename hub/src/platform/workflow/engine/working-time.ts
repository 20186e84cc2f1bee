import type { WorkflowDuration, WorkingTime } from '@courtyard/protocols/contract'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A year of one working hour a week is found well before this. */
const MOST_DAYS = 366 * 60

/** The instant when a duration that begins now has passed; working hours in the time zone of the project. */
export function deadlineAt(
  from: Date,
  { hours, working }: WorkflowDuration,
  time: WorkingTime,
  timeZone: string,
): Date {
  let leftMs = hours * HOUR_MS
  if (!working) return new Date(from.getTime() + leftMs)
  let day = localDay(from, timeZone)
  for (let count = 0; count < MOST_DAYS; count++, day = new Date(day.getTime() + DAY_MS)) {
    if (!time.days.includes(day.getUTCDay() || 7)) continue
    const opens = Math.max(instantOf(day, time.from, timeZone), from.getTime())
    const spanMs = Math.max(0, instantOf(day, time.to, timeZone) - opens)
    if (leftMs <= spanMs) return new Date(opens + leftMs)
    leftMs -= spanMs
  }
  throw new Error('working time without end')
}

/** The calendar day there, as midnight UTC. */
function localDay(at: Date, timeZone: string): Date {
  return new Date(Math.floor((at.getTime() + offsetMs(at.getTime(), timeZone)) / DAY_MS) * DAY_MS)
}

/** A time of day there as an instant. In the hour that the clock skips: an hour later; in the one it repeats: the second. */
function instantOf(day: Date, timeOfDay: string, timeZone: string): number {
  const [hours, minutes] = timeOfDay.split(':').map(Number)
  const local = day.getTime() + (hours! * 60 + minutes!) * 60_000
  const guess = local - offsetMs(local, timeZone)
  return local - offsetMs(guess, timeZone)
}

function offsetMs(at: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(at)
  const value = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((one) => one.type === type)!.value)
  const local = Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour'),
    value('minute'),
    value('second'),
  )
  return local - Math.floor(at / 1_000) * 1_000
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const // prettier-ignore
  const made = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...numeric })
  formats.set(timeZone, made)
  return made
}

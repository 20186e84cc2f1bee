/** Meters keep the wall clock of their place, without a zone. */

export interface LocalTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 0 Sunday … 6 Saturday, as DL/T 645 counts. */
  readonly weekday: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** What a clock in the zone (IANA name) shows at the instant. */
export function localTimeAt(atMs: number, timeZone: string): LocalTime {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    }) // prettier-ignore
    formats.set(timeZone, format)
  }
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name)!
  const [year, month, day] = [part('year'), part('month'), part('day')]
  return {
    year, month, day, hour: part('hour'), minute: part('minute'), second: part('second'),
    weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
  } // prettier-ignore
}

/** Milliseconds on a clock face: only differences of two of one zone mean something. Null for no such date or time. */
export function faceMs(time: Omit<LocalTime, 'weekday'>): number | null {
  const { year, month, day, hour, minute, second } = time
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  const back = new Date(ms)
  const same = back.getUTCMonth() === month - 1 && back.getUTCDate() === day
  return same && hour < 24 && minute < 60 && second < 60 ? ms : null
}

/** Wall clocks and instants. Terminals tell local time without a zone; the site's zone makes instants of it. */
import type { LocalTime } from '@courtyard/protocols/zkteco'

/** Offsets only change at quarters of an hour. */
const STEP_MS = 900_000
const CACHE_LIMIT = 10_000

export class SiteZone {
  private readonly format: Intl.DateTimeFormat
  private readonly cache = new Map<number, number>()

  /** `timeZone`: IANA name. */
  constructor(timeZone: string) {
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

  /** Milliseconds that local time is ahead of UTC. */
  offsetAt(atMs: number): number {
    const step = Math.floor(atMs / STEP_MS)
    const known = this.cache.get(step)
    if (known !== undefined) return known
    const startMs = step * STEP_MS
    const offset = asUtc(this.fieldsAt(startMs)) - startMs
    if (this.cache.size >= CACHE_LIMIT) this.cache.clear()
    this.cache.set(step, offset)
    return offset
  }

  toLocal(atMs: number): LocalTime {
    return utcFields(atMs + this.offsetAt(atMs))
  }

  /**
   * The instant of a wall clock time. A time that comes twice (clocks go back) is the first of the two; one that never
   * comes (clocks go forward) is as far behind the gap as it stands in it. So the same text is always the same instant.
   */
  toInstant(time: LocalTime): number {
    const asIfUtc = asUtc(time)
    const before = this.offsetAt(asIfUtc - 86_400_000)
    const after = this.offsetAt(asIfUtc + 86_400_000)
    const candidates = [asIfUtc - before, asIfUtc - after].filter(
      (atMs) => atMs + this.offsetAt(atMs) === asIfUtc,
    )
    return candidates.length > 0 ? Math.min(...candidates) : asIfUtc - before
  }

  private fieldsAt(atMs: number): LocalTime {
    const parts = Object.fromEntries(
      this.format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]),
    )
    const { year, month, day, hour, minute, second } = parts as Record<keyof LocalTime, number>
    return { year, month, day, hour, minute, second }
  }
}

export function utcFields(atMs: number): LocalTime {
  const date = new Date(atMs)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  }
}

function asUtc({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** Decides what of a decoded batch goes in and what is held back, and why. */
import { Quality, type BatchMessage, type SeriesMessage } from '@courtyard/protocols/contract'
import { expandSeries, type SeriesColumns } from '@courtyard/protocols/wire'

export type HeldReason =
  'pointUnknown' | 'scaleMismatch' | 'timeOutOfRange' | 'valueOutOfRange' | 'qualityMismatch'

export interface KnownPoint {
  readonly id: number
  readonly scale: number
}

/** A series ready to be stored. */
export interface TakenSeries extends SeriesColumns {
  readonly pointId: number
  readonly scale: number
}

/** A series that stays in the quarantine. */
export interface HeldSeries {
  readonly point: string
  readonly why: HeldReason
  readonly reason: string
  readonly readings: number
}

export interface Intake {
  readonly taken: TakenSeries[]
  readonly held: HeldSeries[]
}

/** Readings from before are a clock that was never set. */
export const EARLIEST_MS = Date.UTC(2000, 0, 1)
/** A clock that runs ahead further than this would hide all readings after it as "older than the latest". */
export const MAX_AHEAD_MS = 86_400_000

export type PointLookup = (key: string) => KnownPoint | undefined

/** A point whose series is held is held wholly, also when the batch has several series of it: replay takes all. */
export function takeIn(message: BatchMessage, lookup: PointLookup, receivedMs: number): Intake {
  const taken: TakenSeries[] = []
  const held = new Map<string, HeldSeries>()
  for (const series of message.series) {
    const point = lookup(series.p)
    const columns = point && point.scale === series.s ? expandSeries(series, message.base) : null
    const fault = findFault(series, point, columns, receivedMs)
    if (fault) held.set(series.p, { point: series.p, readings: 0, ...fault })
    else taken.push({ ...columns!, pointId: point!.id, scale: series.s })
  }
  if (held.size === 0) return { taken, held: [] }
  const readings = new Map<string, number>()
  for (const { p, t } of message.series) readings.set(p, (readings.get(p) ?? 0) + t.length)
  const heldIds = new Set([...held.keys()].map((key) => lookup(key)?.id))
  return {
    taken: taken.filter(({ pointId }) => !heldIds.has(pointId)),
    held: [...held.values()].map((one) => ({ ...one, readings: readings.get(one.point)! })),
  }
}

type Fault = Pick<HeldSeries, 'why' | 'reason'>

function findFault(
  series: SeriesMessage,
  point: KnownPoint | undefined,
  columns: SeriesColumns | null,
  receivedMs: number,
): Fault | null {
  if (!point) return { why: 'pointUnknown', reason: `${series.p} is not in the gateway's catalogue` }
  if (!columns) {
    const reason = `${series.p} has ${series.s} decimal places, the catalogue says ${point.scale}`
    return { why: 'scaleMismatch', reason }
  }
  return findBadReading(series.p, columns, receivedMs + MAX_AHEAD_MS)
}

function findBadReading(key: string, columns: SeriesColumns, latestMs: number): Fault | null {
  const { atMs, mantissas, qualities } = columns
  for (let i = 0; i < atMs.length; i++) {
    const at = atMs[i]!
    const mantissa = mantissas[i]!
    // Written so that NaN and infinity fail too
    if (!(at >= EARLIEST_MS && at <= latestMs)) {
      return { why: 'timeOutOfRange', reason: `reading ${i} of ${key} is at ${describeInstant(at)}` }
    }
    if (mantissa !== null && !Number.isSafeInteger(mantissa)) {
      return { why: 'valueOutOfRange', reason: `reading ${i} of ${key} is beyond 2^53` }
    }
    const carriesValue = qualities[i]! <= Quality.uncertain
    if (carriesValue !== (mantissa !== null)) {
      const what = mantissa === null ? 'no value' : 'a value'
      return {
        why: 'qualityMismatch',
        reason: `reading ${i} of ${key} has quality ${qualities[i]} and ${what}`,
      }
    }
  }
  return null
}

function describeInstant(atMs: number): string {
  const date = new Date(atMs)
  return Number.isNaN(date.getTime()) ? `${atMs} ms` : date.toISOString()
}

/** Number of readings and the span of their instants, both inclusive; nulls when there are none. */
export function spanOf(message: BatchMessage): {
  readings: number
  firstMs: number | null
  lastMs: number | null
} {
  let readings = 0
  let first = Infinity
  let last = -Infinity
  for (const series of message.series) {
    readings += series.t.length
    let at = message.base
    for (const step of series.t) {
      at += step
      if (at < first) first = at
      if (at > last) last = at
    }
  }
  const valid = isInstant(first) && isInstant(last)
  return { readings, firstMs: valid ? first : null, lastMs: valid ? last : null }
}

/** What JavaScript and PostgreSQL both can hold as an instant. */
function isInstant(ms: number): boolean {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 && ms >= Date.UTC(-4000, 0, 1)
}

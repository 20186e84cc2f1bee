/** Decides what of a decoded batch goes in and what is held back, and why. */
import { Quality, type BatchMessage, type SeriesMessage } from '@courtyard/protocols/contract'
import { expandSeries, type SeriesColumns } from '@courtyard/protocols/wire'
import type { TelemetryReason } from '../reasons.ts'

export type HeldReason =
  | 'pointUnknown'
  | 'scaleMismatch'
  | 'timeOutOfRange'
  | 'valueOutOfRange'
  | 'qualityMismatch'

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
  readonly reason: TelemetryReason
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
  if (!point) return { why: 'pointUnknown', reason: { code: 'ingest.point_unknown', point: series.p } }
  if (!columns) {
    const places = { given: series.s, known: point.scale }
    return { why: 'scaleMismatch', reason: { code: 'ingest.scale_mismatch', point: series.p, ...places } }
  }
  return findBadReading(series.p, columns, receivedMs + MAX_AHEAD_MS)
}

function findBadReading(point: string, columns: SeriesColumns, latestMs: number): Fault | null {
  const { atMs, mantissas, qualities } = columns
  for (let i = 0; i < atMs.length; i++) {
    const at = atMs[i]!
    const mantissa = mantissas[i]!
    // Written so that NaN and infinity fail too
    if (!(at >= EARLIEST_MS && at <= latestMs)) {
      const reason = {
        code: 'ingest.time_out_of_range',
        point,
        number: i + 1,
        at: describeInstant(at),
      } as const
      return { why: 'timeOutOfRange', reason }
    }
    if (mantissa !== null && !Number.isSafeInteger(mantissa)) {
      return { why: 'valueOutOfRange', reason: { code: 'ingest.value_out_of_range', point, number: i + 1 } }
    }
    const carriesValue = qualities[i]! <= Quality.uncertain
    if (carriesValue !== (mantissa !== null)) {
      const code = mantissa === null ? 'ingest.quality_without_value' : 'ingest.value_without_quality'
      return { why: 'qualityMismatch', reason: { code, point, number: i + 1, quality: qualities[i]! } }
    }
  }
  return null
}

export function describeInstant(atMs: number): string {
  const date = new Date(atMs)
  return Number.isNaN(date.getTime()) ? `${atMs} ms` : date.toISOString()
}

/** Number of readings and events, and the span of the readings' instants, both inclusive; nulls without readings. */
export function spanOf(message: BatchMessage): {
  readings: number
  events: number
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
  const events = message.events?.length ?? 0
  return { readings, events, firstMs: valid ? first : null, lastMs: valid ? last : null }
}

/** What JavaScript and PostgreSQL both can hold as an instant. */
function isInstant(ms: number): boolean {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 && ms >= Date.UTC(-4000, 0, 1)
}

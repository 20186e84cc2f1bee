/**
 * `BatchMessage.safeParse(json).success`, several times faster: every reading of every gateway passes here.
 * The schema stays the truth; a test holds the two together.
 */
import { DeviceEvent } from '../contract/events.ts'
import { BatchMessage, DroppedReadings, TELEMETRY_VERSION } from '../contract/telemetry.ts'

const MAX_SERIES = 20_000
const MAX_EVENTS = 5_000
const { outbox } = BatchMessage.shape

/** @param json a value that JSON.parse gave */
export function followsSchema(json: unknown): json is BatchMessage {
  return (
    isRecord(json) &&
    hasOnly(json, messageKeys) &&
    json['v'] === TELEMETRY_VERSION &&
    outbox.safeParse(json['outbox']).success &&
    isPositive(json['sequence']) &&
    Number.isSafeInteger(json['base']) &&
    Array.isArray(json['series']) &&
    json['series'].length <= MAX_SERIES &&
    json['series'].every(isSeries) &&
    areEvents(json['events']) &&
    isDropped(json['dropped'])
  )
}

const messageKeys = new Set(['v', 'outbox', 'sequence', 'base', 'series', 'events', 'dropped'])
const seriesKeys = new Set(['p', 's', 't', 'v', 'q'])

function isSeries(series: unknown): boolean {
  if (!isRecord(series) || !hasOnly(series, seriesKeys)) return false
  const { p, s, t, v, q } = series
  if (typeof p !== 'string' || p.length < 3 || p.length > 200) return false
  if (!Number.isInteger(s) || (s as number) < 0 || (s as number) > 9) return false
  return isSteps(t) && isDifferences(v) && (q === undefined || isQualities(q))
}

function isSteps(t: unknown): boolean {
  if (!Array.isArray(t) || t.length === 0) return false
  for (let i = 0; i < t.length; i++) if (!Number.isSafeInteger(t[i])) return false
  return true
}

function isDifferences(v: unknown): boolean {
  if (!Array.isArray(v) || v.length === 0) return false
  for (let i = 0; i < v.length; i++) if (v[i] !== null && !Number.isSafeInteger(v[i])) return false
  return true
}

function isQualities(q: unknown): boolean {
  return Array.isArray(q) && q.every(isQualityRun)
}

function isQualityRun(run: unknown): boolean {
  return Array.isArray(run) && run.length === 2 && isPositive(run[0]) && isQuality(run[1])
}

function isQuality(quality: unknown): boolean {
  return Number.isInteger(quality) && (quality as number) >= 0 && (quality as number) <= 5
}

/** Few against the readings: each is left to the schema. */
function areEvents(events: unknown): boolean {
  if (events === undefined) return true
  if (!Array.isArray(events) || events.length === 0 || events.length > MAX_EVENTS) return false
  return events.every((event) => DeviceEvent.safeParse(event).success)
}

/** Rare and short: left to the schema. */
function isDropped(dropped: unknown): boolean {
  if (dropped === undefined) return true
  return Array.isArray(dropped) && dropped.every((each) => DroppedReadings.safeParse(each).success)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasOnly(value: Record<string, unknown>, keys: ReadonlySet<string>): boolean {
  for (const key in value) if (!keys.has(key)) return false
  return true
}

function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0
}

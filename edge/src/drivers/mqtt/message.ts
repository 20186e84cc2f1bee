/** A message of a device as readings, by the profile's mapping. Pure. */
import { Quality, type Reading } from '@courtyard/protocols/contract'
import type { Decimal } from '@courtyard/protocols/decimal'
import type { DeviceProfile, MqttValue } from '@courtyard/protocols/profile'
import { emptyReading, pointsWith, readingOf, scaled, type DriverPoint } from '../points.ts'
import { decimalOf, JsonNumber, parseJson, valueAt, type Json } from './json-text.ts'
import { instantOf, type TimeForm } from './message-time.ts'

export type MqttPoint = DriverPoint & { readonly source: MqttValue }

export interface Mapping {
  readonly points: readonly MqttPoint[]
  readonly list: string | null
  readonly time: string | null
  readonly timeForm: TimeForm
  /** IANA name, for times without an offset. */
  readonly timeZone: string
}

export interface Incoming {
  readonly topic: string
  readonly payload: Uint8Array
  readonly arrivedMs: number
  /** The broker kept it for us: nobody knows when it was sent. */
  readonly retained: boolean
}

export interface Mapped {
  readonly readings: readonly Reading[]
  /** What could not be used, in words; null when all was well. */
  readonly problem: string | null
}

export function mappingOf(deviceKey: string, profile: DeviceProfile, timeZone: string): Mapping {
  const { list = null, time = null, timeForm = 'iso' } = profile.mqtt ?? {}
  return { points: pointsWith(deviceKey, profile, 'mqtt'), list, time, timeForm, timeZone }
}

/** Never throws: a message that means nothing is a problem in words. */
export function mapMessage(mapping: Mapping, incoming: Incoming): Mapped {
  const points = mapping.points.filter(({ source }) => incoming.topic.endsWith(source.topicEnds ?? ''))
  if (points.length === 0) return { readings: [], problem: null }
  let json: Json
  try {
    json = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(incoming.payload))
  } catch {
    return { readings: [], problem: `${incoming.topic}: the message is not JSON` }
  }
  const elements = mapping.list === null ? [json] : valueAt(json, mapping.list)
  if (!Array.isArray(elements)) return { readings: [], problem: `${incoming.topic}: no list at ${mapping.list}` }
  return mapElements({ ...mapping, points }, json, elements as readonly Json[], incoming)
} // prettier-ignore

function mapElements(mapping: Mapping, message: Json, elements: readonly Json[], incoming: Incoming): Mapped {
  const kept = new Map<string, { readonly reading: Reading; readonly rankMs: number }>()
  let problem: string | null = null
  for (const element of elements) {
    const stamp = stampOf(mapping, message, element, elements.length, incoming)
    if (!stamp) {
      problem = `${incoming.topic}: a reading of a list without its own time`
      continue
    }
    for (const point of mapping.points) {
      const raw = valueAt(element, point.source.path)
      if (raw === undefined) continue
      const reading = readingAt(point, raw, stamp)
      if (reading.mantissa === null) problem = `${incoming.topic}: no number at ${point.source.path}`
      const key = `${reading.point}@${reading.atMs}`
      // Of values that share an instant only because their own is implausible, the newest counts.
      if ((kept.get(key)?.rankMs ?? -Infinity) <= stamp.rankMs) kept.set(key, { reading, rankMs: stamp.rankMs })
    }
  }
  if (kept.size === 0) problem ??= `${incoming.topic}: none of the values of the profile is in it`
  return { readings: [...kept.values()].map(({ reading }) => reading), problem }
} // prettier-ignore

interface Stamp {
  readonly atMs: number
  readonly certain: boolean
  /** Orders values of one message whose own time is not used. */
  readonly rankMs: number
}

function stampOf(
  mapping: Mapping,
  message: Json,
  element: Json,
  count: number,
  incoming: Incoming,
): Stamp | null {
  const { arrivedMs } = incoming
  const arrival = { atMs: arrivedMs, certain: !incoming.retained, rankMs: 0 }
  if (mapping.time === null) return arrival
  // A time outside of the list can stand for one value of it only.
  const text = valueAt(element, mapping.time) ?? (count === 1 ? valueAt(message, mapping.time) : undefined)
  if (text === undefined || text === null) return count === 1 ? arrival : null
  const told = instantOf(text, mapping.timeForm, mapping.timeZone)
  const plausible = told !== null && told >= OLDEST_MS && told <= arrivedMs + FUTURE_MS
  return plausible ? { atMs: told, certain: true, rankMs: told } : { ...arrival, certain: false, rankMs: told ?? 0 } // prettier-ignore
}

/** A device that has lost its clock counts from 1970 or 2000; none of these devices is older than this. */
const OLDEST_MS = Date.UTC(2015, 0, 1)
/** Clocks of devices run ahead a little. */
const FUTURE_MS = 600_000

function readingAt(point: MqttPoint, raw: Json, { atMs, certain }: Stamp): Reading {
  const value = numberOf(point.source, raw)
  if (value === null) return emptyReading(point, atMs, Quality.invalid)
  const reading = readingOf(point, scaled(value, point.source), atMs)
  return certain || reading.quality !== Quality.good ? reading : { ...reading, quality: Quality.uncertain }
}

function numberOf({ words }: MqttValue, raw: Json): Decimal | null {
  const text = raw instanceof JsonNumber ? raw.text : typeof raw === 'object' ? null : String(raw)
  if (text === null) return null
  const word = words && Object.hasOwn(words, text) ? words[text] : undefined
  return decimalOf(word ?? text)
}

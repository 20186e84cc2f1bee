/** What a device says, as events of the contract. Takes JSON, or XML that was turned into the same form. Pure. */
import type { DeviceEvent, VehicleEvent } from '../contract/events.ts'
import { meaningOf } from './acs-codes.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface AcsRecord {
  readonly serialNo: number
  readonly atMs: number
  readonly major: number
  readonly minor: number
  readonly fields: Fields
}

/** Reads a time with or without offset; null for what is none. */
export type ReadTime = (text: string) => number | null

/** Of the live stream: `AccessControllerEvent` with `dateTime` beside it. Null when it is none. */
export function liveAcsRecord(alert: Fields, readTime: ReadTime): AcsRecord | null {
  const event = fieldsOf(alert['AccessControllerEvent'])
  return event && recordOf(event, alert['dateTime'], event['majorEventType'], event['subEventType'], readTime)
}

/** Of a search: an entry of `AcsEvent.InfoList`. */
export function searchedAcsRecord(info: Fields, readTime: ReadTime): AcsRecord | null {
  return recordOf(info, info['time'], info['major'], info['minor'], readTime)
}

function recordOf(
  fields: Fields,
  time: unknown,
  major: unknown,
  minor: unknown,
  readTime: ReadTime,
): AcsRecord | null {
  const atMs = typeof time === 'string' ? readTime(time) : null
  const serialNo = wholeOf(fields['serialNo'])
  const majorType = wholeOf(major)
  const minorType = wholeOf(minor)
  if (atMs === null || serialNo === null || majorType === null || minorType === null) return null
  // The search tells whole seconds: so must both, or the same event would have two times.
  return { serialNo, atMs: Math.floor(atMs / 1_000) * 1_000, major: majorType, minor: minorType, fields }
}

/** Null for what is no event to anybody. The serial number begins anew when a log is cleared, so the second belongs to it. */
export function acsEvent(
  device: string,
  record: AcsRecord,
  picture: string | null = null,
): DeviceEvent | null {
  const { serialNo, atMs, major, minor, fields } = record
  const meaning = meaningOf(major, minor)
  if (!meaning) return null
  const base = { id: `acs/${serialNo}/${atMs / 1_000}`, device, atMs }
  const door = String(wholeOf(fields['doorNo']) || 1)
  if (meaning.kind === 'door') return { ...base, type: 'door', door, state: meaning.state }
  if (meaning.kind === 'alarm') {
    const { code, severity, state, message } = meaning
    return { ...base, type: 'alarm', code, severity, state, message }
  }
  const person = textOf(fields['employeeNoString'], 64) ?? textOf(fields['employeeNo'], 64)
  return {
    ...base,
    type: 'access',
    door,
    granted: meaning.granted,
    credential: meaning.credential,
    ...optional('person', person),
    ...optional('personName', textOf(fields['name'], 100)),
    ...optional('card', textOf(fields['cardNo'], 40)),
    ...optional('reason', meaning.reason),
    ...optional('picture', picture ?? undefined),
  }
}

const PLATE_COLORS: Readonly<Record<string, VehicleEvent['plateColor']>> = { blue: 'blue', yellow: 'yellow', green: 'green', newEnergyGreen: 'green', newEnergyYellowGreen: 'green', white: 'white', black: 'black' } // prettier-ignore
/** Old and new words of firmware. */
const LISTS: Readonly<Record<string, VehicleEvent['list']>> = { white: 'allow', whiteList: 'allow', allowList: 'allow', black: 'block', blackList: 'block', blockList: 'block', temporary: 'none', other: 'none', otherList: 'none' } // prettier-ignore
/** What a camera writes when it saw a vehicle and no plate. */
const NO_PLATE = /^(unknown|noplate|no plate|无车牌|-*)$/i

export interface LaneSetup {
  readonly device: string
  /** Where vehicles go that the camera sees driving away (`reverse`); `forward` is the lane's own. */
  readonly direction: 'in' | 'out'
}

/** `EventNotificationAlert` of type ANPR; null when it is none. `hash` stands in for a device without UUIDs. */
export function anprEvent(
  alert: Fields,
  lane: LaneSetup,
  readTime: ReadTime,
  picture: string | null,
): VehicleEvent | null {
  // prettier-ignore
  const anpr = fieldsOf(alert['ANPR'])
  const atMs = typeof alert['dateTime'] === 'string' ? readTime(alert['dateTime']) : null
  if (!anpr || atMs === null) return null
  const read = textOf(anpr['originalLicensePlate'], 20) ?? textOf(anpr['licensePlate'], 20) ?? ''
  const plate = NO_PLATE.test(read) ? '' : read
  const reverse = anpr['direction'] === 'reverse'
  const other = lane.direction === 'in' ? 'out' : 'in'
  const line = textOf(anpr['line'], 40) ?? textOf(alert['channelID'], 40) ?? '1'
  const uuid = textOf(alert['UUID'], 100) ?? `${line}/${plate}`
  const confidence = Number(anpr['confidenceLevel'] ?? NaN)
  const color = textOf(anpr['plateColor'], 40)
  const list = LISTS[textOf(anpr['listType'], 40) ?? textOf(anpr['vehicleListName'], 40) ?? '']
  return {
    id: `anpr/${uuid}/${Math.floor(atMs / 1_000)}`,
    device: lane.device,
    atMs,
    type: 'vehicle',
    lane: line,
    direction: reverse ? other : lane.direction,
    plate,
    ...optional('plateColor', color === undefined || color === 'unknown' ? undefined : (PLATE_COLORS[color] ?? 'other')), // prettier-ignore
    ...optional('vehicleType', anpr['vehicleType'] === 'unknown' ? undefined : textOf(anpr['vehicleType'], 40)), // prettier-ignore
    ...optional('confidence', confidence >= 0 && confidence <= 100 ? confidence : undefined),
    ...optional('list', list),
    ...optional('picture', picture ?? undefined),
  }
}

export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
}

export function wholeOf(value: unknown): number | null {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d{1,15}$/.test(value.trim()) ? Number(value) : NaN // prettier-ignore
  return Number.isSafeInteger(number) && number >= 0 ? number : null
}

/** Text without controls; undefined when empty. */
export function textOf(value: unknown, max: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value)
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, max)
  return text === '' ? undefined : text
}

function optional<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: V })
}

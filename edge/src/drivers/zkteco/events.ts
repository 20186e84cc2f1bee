/** What a terminal says, as events of the contract. Pure. */
import type { AttendanceEvent, Credential, DeviceEvent } from '@courtyard/protocols/contract'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import { compactTime, type LiveAlarm, type LocalTime } from '@courtyard/protocols/zkteco'
import type { SiteZone } from './local-time.ts'

/** A punch from the log, live or pushed: the same whichever way it came. */
export interface Punch {
  readonly person: string
  readonly time: LocalTime
  readonly verify: number
  readonly punch: number
  readonly workCode: string | null
}

export interface EventContext {
  readonly device: string
  readonly profile: DeviceProfile
  readonly zone: SiteZone
}

const PUNCHES: readonly AttendanceEvent['punch'][] = ['checkIn', 'checkOut', 'breakOut', 'breakIn', 'overtimeIn', 'overtimeOut'] // prettier-ignore

/** 0–2 as the log's description has them (zk-protocol); 3, 4, 15 and 25 as newer firmware does (zkteco-adms). */
const CREDENTIALS: ReadonlyMap<number, Credential> = new Map<number, Credential>([
  [0, 'pin'],
  [1, 'fingerprint'],
  [2, 'card'],
  [3, 'pin'],
  [4, 'card'],
  [15, 'face'],
  [25, 'palm'],
])

/**
 * Person, wall clock, state and verification make the identity: that is all that both the live event and the log
 * have. Two like punches of one person in one second are one.
 */
export function punchEvent({ device, profile, zone }: EventContext, punch: Punch): DeviceEvent {
  const { time, verify, workCode } = punch
  // Firmware that tells an unknown person leaves the number empty.
  const person = punch.person.trim().slice(0, 64) || '-'
  const id = `punch/${person}/${compactTime(time)}/${punch.punch}/${verify}`
  const base = { id, device, atMs: zone.toInstant(time), person, credential: credentialOf(verify) }
  if (profile.zkteco?.events === 'access') return { ...base, type: 'access', door: '1', granted: true }
  return {
    ...base,
    type: 'attendance',
    punch: PUNCHES[punch.punch] ?? 'unspecified',
    ...(workCode ? { workCode: workCode.slice(0, 40) } : {}),
  }
}

export function credentialOf(verify: number): Credential {
  return CREDENTIALS.get(verify) ?? 'unknown'
}

/**
 * Live alarms have no time of their own: the gateway's second stands in, so one that the terminal sends again at once
 * is the same.
 */
export function liveAlarmEvent(device: string, alarm: LiveAlarm, atMs: number): DeviceEvent {
  const code = alarm.kind === 'other' ? `alarm.${alarm.code}` : alarm.kind
  const base = { id: `live/${code}/${Math.floor(atMs / 1_000)}`, device, atMs }
  if (alarm.kind === 'exitButton') return { ...base, type: 'door', door: '1', state: 'exitButton' }
  if (alarm.kind === 'doorClosed') return { ...base, type: 'door', door: '1', state: 'closed' }
  const severity = alarm.kind === 'duress' || alarm.kind === 'tamper' ? 'critical' : 'warning'
  const message = alarm.kind === 'other' ? `the terminal reports alarm ${alarm.code}` : `the terminal reports: ${alarm.kind}` // prettier-ignore
  return { ...base, type: 'alarm', code, severity, state: 'raised', message }
}

/** Somebody whom the terminal does not know. */
export function strangerEvent(device: string, atMs: number): DeviceEvent {
  const id = `live/stranger/${Math.floor(atMs / 1_000)}`
  return { id, device, atMs, type: 'access', door: '1', granted: false, credential: 'unknown', reason: 'not recognised' } // prettier-ignore
}

export function unlockedEvent(device: string, atMs: number): DeviceEvent {
  return {
    id: `live/unlocked/${Math.floor(atMs / 1_000)}`,
    device,
    atMs,
    type: 'door',
    door: '1',
    state: 'unlocked',
  }
}

/** A record or line that nobody can read: taken, so that the others go on, and shown to people instead of lost. */
export function unreadableEvent(
  device: string,
  where: string,
  content: string,
  hash: string,
  atMs: number,
): DeviceEvent {
  // eslint-disable-next-line no-control-regex
  const shown = content.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 200)
  return { id: `unreadable/${hash}`, device, atMs, type: 'alarm', code: 'unreadableRecord', severity: 'warning', state: 'raised', message: `a record of ${where.slice(0, 20)} is not understood: ${shown}` } // prettier-ignore
}

/** What push terminals upload, as events. Pure. */
import type { AlarmEvent, Credential, DeviceEvent, DoorEvent } from '@courtyard/protocols/contract'
import { compactTime, type PushAlarm, type PushDoorLog } from '@courtyard/protocols/zkteco'
import { credentialOf, type EventContext } from './events.ts'

/**
 * Event codes of access control: ZKTeco PullSDK and Security PUSH 3.1.2, appendix "Real-time events"; the same list
 * stands in vwout/zkaccess-c3-py `consts.py`.
 */
const GRANTED = new Set([0, 1, 2, 3, 4, 5, 14, 15, 16, 17, 18, 19, 203])
const DENIED: ReadonlyMap<number, string> = new Map([
  [20, 'interval too short'],
  [21, 'door not in use at this time'],
  [22, 'not at this time'],
  [23, 'no right to this door'],
  [24, 'anti-passback'],
  [25, 'interlock'],
  [26, 'waits for more people'],
  [27, 'unknown person'],
  [29, 'expired'],
  [30, 'wrong password'],
  [31, 'interval too short'],
  [32, 'waits for more people'],
  [33, 'expired'],
  [34, 'unknown fingerprint'],
  [35, 'door not in use at this time'],
])
const DOOR: ReadonlyMap<number, DoorEvent['state']> = new Map<number, DoorEvent['state']>([
  [28, 'heldOpen'],
  [37, 'heldOpen'],
  [102, 'forced'],
  [200, 'opened'],
  [201, 'closed'],
  [202, 'exitButton'],
  [204, 'locked'],
  [205, 'unlocked'],
  [9, 'locked'],
])
const ALARMS: ReadonlyMap<number, [string, AlarmEvent['severity'], string]> = new Map([
  [100, ['tamper', 'critical', 'the terminal was opened']],
  [101, ['duress', 'critical', 'a door was opened under duress']],
  [103, ['duress', 'critical', 'a door was opened under duress']],
  [206, ['deviceStart', 'info', 'the terminal has started']],
  [220, ['auxiliaryInput', 'info', 'an auxiliary input was disconnected']],
  [221, ['auxiliaryInput', 'info', 'an auxiliary input was shorted']],
])
/** Linkages, outputs, time tables, status: what the terminal does by itself and nobody looks for. */
const NOISE = new Set([6, 7, 10, 11, 12, 13, 255])

/** Null for what is no event for people. */
export function doorLogEvent({ device, zone }: EventContext, log: PushDoorLog): DeviceEvent | null {
  if (NOISE.has(log.event)) return null
  const door = log.door.slice(0, 40)
  const who = log.user ?? log.card ?? '-'
  const id = `rt/${compactTime(log.time)}/${log.event}/${door}/${who}/${log.index}`.slice(0, 160)
  const base = { id, device, atMs: zone.toInstant(log.time) }
  const state = DOOR.get(log.event)
  if (state) return { ...base, type: 'door', door, state }
  const alarm = ALARMS.get(log.event)
  if (alarm)
    return { ...base, type: 'alarm', code: alarm[0], severity: alarm[1], state: 'raised', message: alarm[2] }
  const reason = DENIED.get(log.event)
  if (!reason && !GRANTED.has(log.event) && log.event !== 8) {
    const message = `the terminal reports event ${log.event} at door ${door}`
    return { ...base, type: 'alarm', code: `event.${log.event}`, severity: 'info', state: 'raised', message }
  }
  return {
    ...base,
    type: 'access',
    door,
    granted: !reason,
    credential: log.event === 8 ? 'remote' : doorCredential(log),
    ...(log.user ? { person: log.user.slice(0, 64) } : {}),
    ...(log.card ? { card: log.card.slice(0, 40) } : {}),
    ...(log.inOut === 0 ? { direction: 'in' as const } : {}),
    ...(log.inOut === 1 || log.inOut === 3 ? { direction: 'out' as const } : {}),
    ...(reason ? { reason } : {}),
  }
}

/** 0 and 2 mean different things from one firmware to the next; a card number speaks for itself. */
function doorCredential(log: PushDoorLog): Credential {
  if (log.verify === 0 || log.verify === 2) return log.card ? 'card' : 'unknown'
  return credentialOf(log.verify)
}

const OPERATION_DOOR: ReadonlyMap<number, DoorEvent['state']> = new Map<number, DoorEvent['state']>([
  [50, 'closed'],
  [51, 'opened'],
  [53, 'exitButton'],
  [54, 'forced'],
])

/** Alarms in an attendance terminal's log of operations. */
export function operationAlarmEvent({ device, zone }: EventContext, { time, code }: PushAlarm): DeviceEvent {
  const base = { id: `op/${compactTime(time)}/${code}`, device, atMs: zone.toInstant(time) }
  const state = OPERATION_DOOR.get(code)
  if (state) return { ...base, type: 'door', door: '1', state }
  if (code === 55) return { ...base, type: 'alarm', code: 'tamper', severity: 'critical', state: 'raised', message: 'the terminal was opened' } // prettier-ignore
  if (code === 65_535) return { ...base, type: 'alarm', code: 'alarm', severity: 'info', state: 'cleared', message: 'the alarm is over' } // prettier-ignore
  const message =
    code === 58 ? 'somebody tries again and again without success' : `the terminal reports alarm ${code}`
  return { ...base, type: 'alarm', code: code === 58 ? 'misoperation' : `alarm.${code}`, severity: 'warning', state: 'raised', message } // prettier-ignore
}

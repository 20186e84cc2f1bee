/**
 * Minor types of access control events, major type 5 (event), as the HCNetSDK header names them (MINOR_LEGAL_CARD_PASS
 * 0x01 …); and of alarms, major type 1. Numbers only; the words are ours.
 */
import type { Credential, DoorEvent } from '../contract/events.ts'

export type AcsMeaning =
  | { readonly kind: 'access'; readonly granted: boolean; readonly credential: Credential; readonly reason?: string }
  | { readonly kind: 'door'; readonly state: DoorEvent['state'] }
  | { readonly kind: 'alarm'; readonly code: string; readonly severity: 'info' | 'warning' | 'critical'; readonly state: 'raised' | 'cleared'; readonly message: string } // prettier-ignore

export const MAJOR_ALARM = 1
export const MAJOR_EVENT = 5

const pass = (credential: Credential): AcsMeaning => ({ kind: 'access', granted: true, credential })
const deny = (credential: Credential, reason: string): AcsMeaning => ({ kind: 'access', granted: false, credential, reason }) // prettier-ignore
const door = (state: DoorEvent['state']): AcsMeaning => ({ kind: 'door', state })
const alarm = (code: string, message: string, severity: 'warning' | 'critical' = 'warning'): AcsMeaning => ({ kind: 'alarm', code, severity, state: 'raised', message }) // prettier-ignore
const over = (code: string, message: string): AcsMeaning => ({ kind: 'alarm', code, severity: 'info', state: 'cleared', message }) // prettier-ignore

/** pass, fail and timeout of one way to prove oneself stand one after the other. */
function trio(first: number, credential: Credential, what: string): [number, AcsMeaning][] {
  return [
    [first, pass(credential)],
    [first + 1, deny(credential, `${what} does not match`)],
    [first + 2, deny(credential, `${what}: not completed in time`)],
  ]
}

const events = new Map<number, AcsMeaning>([
  [0x01, pass('card')],
  ...trio(0x02, 'card', 'card and password'),
  [0x05, deny('card', 'card and password: too many attempts')],
  [0x06, deny('card', 'no right at this door')],
  [0x07, deny('card', 'outside of the permitted hours')],
  [0x08, deny('card', 'card has expired')],
  [0x09, deny('card', 'unknown card')],
  [0x0a, deny('card', 'anti-passback')],
  [0x0b, deny('card', 'an interlocked door is open')],
  [0x0c, deny('card', 'not in the group for multiple authentication')],
  [0x0d, deny('card', 'outside of the hours of multiple authentication')],
  [0x0e, deny('pin', 'multiple authentication: super password is wrong')],
  [0x0f, deny('remote', 'multiple authentication: remote release was refused')],
  [0x10, pass('unknown')],
  [0x13, door('unlocked')],
  [0x14, door('locked')],
  [0x15, door('unlocked')],
  [0x16, door('locked')],
  [0x17, door('exitButton')],
  [0x19, door('opened')],
  [0x1a, door('closed')],
  [0x1b, door('forced')],
  [0x1c, door('heldOpen')],
  [0x1f, door('locked')],
  [0x22, pass('pin')],
  [0x26, pass('fingerprint')],
  [0x27, deny('fingerprint', 'fingerprint does not match')],
  ...trio(0x28, 'fingerprint', 'card and fingerprint'),
  ...trio(0x2b, 'fingerprint', 'card, fingerprint and password'),
  ...trio(0x2e, 'fingerprint', 'fingerprint and password'),
  [0x31, deny('fingerprint', 'unknown fingerprint')],
  [0x34, alarm('fire', 'fire relay: the door stays open', 'critical')],
  [0x35, over('fire', 'fire relay: the door works as usual again')],
  ...trio(0x36, 'face', 'face and fingerprint'),
  ...trio(0x39, 'face', 'face and password'),
  ...trio(0x3c, 'face', 'face and card'),
  ...trio(0x3f, 'face', 'face, password and fingerprint'),
  ...trio(0x42, 'face', 'face, card and fingerprint'),
  ...trio(0x45, 'fingerprint', 'number and fingerprint'),
  ...trio(0x48, 'fingerprint', 'number, fingerprint and password'),
  [0x4b, pass('face')],
  [0x4c, deny('face', 'face does not match')],
  ...trio(0x4d, 'face', 'number and face'),
  [0x50, deny('face', 'face not recognised')],
  [0x53, alarm('lockInput', 'lock input: short circuit')],
  [0x54, alarm('lockInput', 'lock input: broken circuit')],
  [0x56, alarm('contactInput', 'door contact: short circuit')],
  [0x57, alarm('contactInput', 'door contact: broken circuit')],
  [0x5c, door('forced')],
  [0x5e, deny('card', 'the first card has not released the door')],
  ...trio(0x65, 'pin', 'number and password'),
  [0x68, deny('face', 'not a living face')],
  [0x69, pass('face')],
  [0x70, deny('face', 'person and identity card do not match')],
  [0x71, deny('unknown', 'on the block list')],
  [0x75, deny('unknown', 'the door is locked for everybody')],
  [0x76, deny('unknown', 'authentication is asleep by schedule')],
  [0x77, deny('card', 'encryption of the card does not match')],
  [0x85, alarm('tailgating', 'somebody followed through the gate')],
  [0x86, alarm('reversePassing', 'somebody came through the gate from the wrong side')],
  [0x87, alarm('gateForced', 'the gate was pushed open', 'critical')],
  [0x88, alarm('gateClimbed', 'somebody climbed over the gate', 'critical')],
  [0x8a, alarm('intrusion', 'intrusion at the gate', 'critical')],
  [0x97, deny('pin', 'wrong password')],
  [0x98, deny('pin', 'unknown number')],
  [0x99, pass('unknown')],
  [0x9a, deny('unknown', 'not completed in time')],
  [0x9b, deny('unknown', 'this way of authentication is not permitted here')],
])

/** MINOR_* of MAJOR_ALARM: 0x400 input short circuit … 0x404 host tamper … */
const alarms = new Map<number, AcsMeaning>([
  [0x404, alarm('tamper', 'the device was opened', 'critical')],
  [0x405, over('tamper', 'the device is closed again')],
  [0x406, alarm('readerTamper', 'a card reader was opened', 'critical')],
  [0x407, over('readerTamper', 'the card reader is closed again')],
  [0x40a, alarm('duress', 'somebody was forced to open', 'critical')],
])

/** Null for what nobody needs to see (set-ups, logins) and what we don't know. */
export function meaningOf(major: number, minor: number): AcsMeaning | null {
  if (major === MAJOR_EVENT) return events.get(minor) ?? null
  return major === MAJOR_ALARM ? (alarms.get(minor) ?? null) : null
}

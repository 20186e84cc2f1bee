/** Payloads of real-time events. Sources: zk-protocol `realtime.md`, pyzk `live_capture`. */
import { badRecord, viewOf } from './bytes.ts'
import { decodeText } from './text.ts'
import { decodeSixByteTime, type LocalTime } from './time.ts'

export interface LivePunch {
  readonly user: string
  readonly verify: number
  readonly punch: number
  readonly time: LocalTime
}

/** Length of one punch → form of the user's number. Longer payloads hold several of 52 bytes. */
const LAYOUTS: ReadonlyMap<number, 'u16' | 'u32' | 'text'> = new Map([
  [10, 'u16'],
  [12, 'u32'],
  [14, 'u16'],
  [32, 'text'],
  [36, 'text'],
  [37, 'text'],
  [52, 'text'],
])
const LONGEST = 52

/** Throws AppError `zkteco.bad_record` for lengths that nobody has seen and times that cannot be. */
export function decodeLivePunches(data: Uint8Array): LivePunch[] {
  const punches: LivePunch[] = []
  let offset = 0
  while (offset < data.length) {
    const length = Math.min(data.length - offset, LONGEST)
    const form = LAYOUTS.get(length)
    if (!form) throw badRecord(`a punch of ${length} bytes`, offset, data)
    punches.push(decodeOne(data.subarray(offset, offset + length), form))
    offset += length
  }
  if (punches.length === 0) throw badRecord('a punch without bytes', 0, data)
  return punches
}

function decodeOne(bytes: Uint8Array, form: 'u16' | 'u32' | 'text'): LivePunch {
  const view = viewOf(bytes)
  const at = { u16: 2, u32: 4, text: 24 }[form]
  const user =
    form === 'text'
      ? decodeText(bytes.subarray(0, 24))
      : String(form === 'u16' ? view.getUint16(0, true) : view.getUint32(0, true))
  return {
    user,
    verify: view.getUint8(at),
    punch: view.getUint8(at + 1),
    time: decodeSixByteTime(bytes, at + 2),
  }
}

/** What an `alarm` event says. Numbers of the ZKEM SDK (OnAlarm, OnDoor) as in zk-protocol, "Alarm". */
export type LiveAlarm =
  | { readonly kind: 'tamper' | 'misoperation' | 'exitButton' | 'doorClosed' | 'duress' | 'passback' }
  | { readonly kind: 'other'; readonly code: number }

const SHORT_ALARMS: ReadonlyMap<number, 'misoperation' | 'tamper' | 'exitButton' | 'doorClosed'> = new Map([
  [0x3a, 'misoperation'],
  [0x37, 'tamper'],
  [0x35, 'exitButton'],
  [0x54, 'doorClosed'],
])

/** Throws AppError `zkteco.bad_record` for an empty payload. */
export function decodeLiveAlarm(data: Uint8Array): LiveAlarm {
  const first = data[0]
  if (first === undefined) throw badRecord('an alarm without bytes', 0, data)
  if (data.length >= 12 && viewOf(data).getUint32(0, true) === 0xffffffff) {
    const code = viewOf(data).getUint16(4, true)
    if (code === 0x20) return { kind: 'duress' }
    return code === 0x22 ? { kind: 'passback' } : { kind: 'other', code }
  }
  const kind = SHORT_ALARMS.get(first)
  return kind ? { kind } : { kind: 'other', code: first }
}

/** A `verify` event: the place of the person; null when nobody was recognised. Throws for fewer than 4 bytes. */
export function decodeLiveVerify(data: Uint8Array): number | null {
  if (data.length < 4) throw badRecord('a verification of fewer than 4 bytes', 0, data)
  const uid = viewOf(data).getUint32(0, true)
  return uid === 0xffffffff ? null : uid
}

/**
 * A terminal's time: wall clock without a zone, seconds. Sources: zk-protocol `terminal.md` ("Device Time"), pyzk
 * `__decode_time` and `__decode_timehex`.
 */
import { badRecord } from './bytes.ts'

export interface LocalTime {
  /** 2000–2133. */
  readonly year: number
  /** 1–12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** ((year − 2000)·12·31 + month0·31 + day0)·86400 + second of the day. */
export function encodeTime(time: LocalTime): number {
  const days = (time.year - 2000) * 12 * 31 + (time.month - 1) * 31 + (time.day - 1)
  return days * 86_400 + time.hour * 3_600 + time.minute * 60 + time.second
}

/** Throws AppError `zkteco.bad_record` for days that no calendar has, such as 31 February. */
export function decodeTime(encoded: number): LocalTime {
  const days = Math.floor(encoded / 86_400)
  const seconds = encoded % 86_400
  return checked({
    year: 2000 + Math.floor(days / (12 * 31)),
    month: (Math.floor(days / 31) % 12) + 1,
    day: (days % 31) + 1,
    hour: Math.floor(seconds / 3_600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
  })
}

/** Six bytes of a real-time event: year − 2000, month, day, hour, minute, second. Throws like `decodeTime`. */
export function decodeSixByteTime(bytes: Uint8Array, offset: number): LocalTime {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes.subarray(offset, offset + 6)
  return checked({ year: 2000 + year, month, day, hour, minute, second })
}

/** `2026-01-15 08:30:00` as push terminals write it. Throws like `decodeTime`. */
export function parseLocalTime(text: string): LocalTime {
  const match = /^(\d{4})-(\d\d?)-(\d\d?)[ T](\d\d?):(\d\d?):(\d\d?)$/.exec(text.trim())
  if (!match) throw badRecord(`not a time: ${text.slice(0, 40)}`, 0, new Uint8Array(0))
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number)
  return checked({ year: year!, month: month!, day: day!, hour: hour!, minute: minute!, second: second! })
}

/** `20260115T083000`: the same second is the same text. */
export function compactTime(time: LocalTime): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${time.year}${two(time.month)}${two(time.day)}`
  return `${date}T${two(time.hour)}${two(time.minute)}${two(time.second)}`
}

function checked(time: LocalTime): LocalTime {
  const leap = time.year % 4 === 0 && (time.year % 100 !== 0 || time.year % 400 === 0)
  const lastDay = time.month === 2 && !leap ? 28 : (DAYS_IN_MONTH[time.month - 1] ?? 0)
  const good = time.day >= 1 && time.day <= lastDay && time.hour < 24 && time.minute < 60 && time.second < 60
  if (good) return time
  const { year, month, day, hour, minute, second } = time
  throw badRecord(`no such time: ${year}-${month}-${day} ${hour}:${minute}:${second}`, 0, new Uint8Array(0))
}

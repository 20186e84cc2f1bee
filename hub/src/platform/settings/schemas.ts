/** Parts that several groups of settings need. */
import * as z from 'zod'
import './reasons.ts'

/** `02:30`. */
export const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'settings.time_of_day' })

/** Of the IANA list, such as `Asia/Shanghai`. */
export const TimeZone = z.string().max(60).refine(isTimeZone, { error: 'settings.time_zone' })

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

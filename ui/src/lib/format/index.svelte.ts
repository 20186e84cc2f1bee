/** Formatting in the language of the person and the time zone of the project. */
import { clock } from '#lib/state/clock.svelte.ts'
import { preferences } from '#lib/state/preferences.svelte.ts'
import { session } from '#lib/state/session.svelte.ts'
import { formatCount, formatMoney, formatQuantity, NONE } from './decimal.ts'
import { formatAge, formatDay, formatInstant, formatMonth, type InstantStyle } from './time.ts'

type Nullable<T> = T | null | undefined

export const money = (amount: Nullable<string>): string => formatMoney(amount, preferences.locale)
export const quantity = (value: Nullable<string>, digits?: number, atLeast?: number): string =>
  formatQuantity(value, preferences.locale, digits, atLeast)
export const count = (value: number): string => formatCount(value, preferences.locale)
export const instant = (at: Nullable<string | number>, style: InstantStyle = 'minute'): string =>
  at === null || at === undefined ? NONE : formatInstant(at, preferences.locale, session.timeZone, style)
export const month = (value: string): string => formatMonth(value, preferences.locale)
export const day = (value: string): string => formatDay(value, preferences.locale)
export const age = (at: Nullable<string>): string =>
  at ? formatAge(at, clock.now, preferences.locale) : NONE
/** One of the two languages of a label that came from the hub. */
export const label = (text: { zh: string; en: string }): string =>
  preferences.locale === 'en' ? text.en : text.zh
/** `1536` → `1.5 KB`. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB']
  const power = size < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(size) / 3))
  const digits = power === 0 ? 0 : 1
  return `${(size / 1000 ** power).toLocaleString(preferences.locale, { maximumFractionDigits: digits })} ${units[power]}`
}

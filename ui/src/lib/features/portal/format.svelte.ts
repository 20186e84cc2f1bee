/** Numbers and times in the language of the person and the time zone of the room. */
import { clock } from '#lib/state/clock.svelte.ts'
import { preferences } from '#lib/state/preferences.svelte.ts'
import { formatMoney, formatQuantity } from '#lib/format/decimal.ts'
import { formatAge, formatDay, formatInstant, formatMonth, type InstantStyle } from '#lib/format/time.ts'
import { portal } from './portal-session.svelte.ts'

export const money = (amount: string): string => `¥${formatMoney(amount, preferences.locale)}`
export const quantity = (value: string | null, digits?: number): string =>
  formatQuantity(value, preferences.locale, digits)
export const month = (value: string): string => formatMonth(value, preferences.locale)
export const day = (value: string): string => formatDay(value, preferences.locale)
export const instant = (at: string, style: InstantStyle = 'minute'): string =>
  formatInstant(at, preferences.locale, portal.timeZone, style)
export const age = (at: string): string => formatAge(at, clock.now, preferences.locale)
export const label = (text: { zh: string; en: string }): string =>
  preferences.locale === 'en' ? text.en : text.zh

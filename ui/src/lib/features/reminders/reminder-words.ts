import type { Tone } from '#lib/components/StateMark.svelte'
import { m } from '#lib/paraglide/messages.js'

export type ReminderAction = 'handle' | 'snooze' | 'dismiss' | 'reopen'

export const actionText: Record<ReminderAction, () => string> = {
  handle: m.rem_handle,
  snooze: m.rem_snooze,
  dismiss: m.rem_dismiss,
  reopen: m.rem_reopen,
}

/** How far away a day is; negative: it is past. */
export function daysText(daysLeft: number): string {
  if (daysLeft === 0) return m.rem_today()
  return daysLeft > 0 ? m.rem_in_days({ count: daysLeft }) : m.rem_days_ago({ count: -daysLeft })
}

export function daysTone(daysLeft: number): Tone {
  if (daysLeft < 0) return 'fault'
  return daysLeft <= 3 ? 'attention' : 'neutral'
}

/** The local day so many days from now, as the hub writes days. */
export function dayFromNow(days: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(Date.now() + days * 86_400_000)
}

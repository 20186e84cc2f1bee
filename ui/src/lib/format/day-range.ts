import { m } from '#lib/paraglide/messages.js'
import { addDays } from './time.ts'

/** Two ends as a person says them: days inclusive, numbers `from ≤ x < to`; empty: open. */
export interface Range {
  readonly from: string
  readonly to: string
}

/** Ranges that are chosen by name; both days inclusive. */
export function dayPresets(today: string): { text: string; range: Range }[] {
  const monthStart = `${today.slice(0, 7)}-01`
  const lastMonthEnd = addDays(monthStart, -1)
  return [
    { text: m.kit_today(), range: { from: today, to: today } },
    { text: m.kit_last_7_days(), range: { from: addDays(today, -6), to: today } },
    { text: m.kit_last_30_days(), range: { from: addDays(today, -29), to: today } },
    { text: m.kit_this_month(), range: { from: monthStart, to: today } },
    { text: m.kit_last_month(), range: { from: `${lastMonthEnd.slice(0, 7)}-01`, to: lastMonthEnd } },
  ]
}

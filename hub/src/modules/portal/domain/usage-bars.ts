/** Sums by day or month → the bars of an owner's chart. */
import type { PortalUsage } from '@courtyard/protocols/contract'

/** What is known of a day or a month, of all meters of a medium together. */
export interface UsageSum {
  /** `2026-11-21` or `2026-11` */
  readonly at: string
  readonly usage: string
  /** Half hours that are known, and that there are in the days that have any. */
  readonly known: number
  readonly slots: number
  readonly estimated: boolean
  /** Days that have any. */
  readonly days: number
}

/** A month `2026-11` by days, or a year `2026` by months. */
export type Period = string

export const isYear = (period: Period): boolean => period.length === 4

/** Names of its bars. */
export function keysOf(period: Period): string[] {
  if (isYear(period))
    return Array.from({ length: 12 }, (_, i) => `${period}-${String(i + 1).padStart(2, '0')}`)
  return Array.from({ length: daysIn(period) }, (_, i) => `${period}-${String(i + 1).padStart(2, '0')}`)
}

export function daysIn(month: string): number {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number, 0)).getUTCDate()
}

export function addMonths(month: string, months: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7)
}

export function periodBefore(period: Period): Period {
  return isYear(period) ? String(Number(period) - 1) : addMonths(period, -1)
}
export function sameAYearBefore(period: Period): Period {
  return isYear(period) ? periodBefore(period) : addMonths(period, -12)
}

type Bar = PortalUsage['bars'][number]

/** A bar as it is shown; what still goes on (`today`) is not called incomplete. */
export function barOf(at: string, sum: UsageSum | undefined, today: string): Bar {
  if (!sum || sum.known === 0) return { at, usage: null, state: 'none' }
  const goesOn = today.startsWith(at)
  const missesDays = at.length === 7 && sum.days < daysIn(at)
  const incomplete = !goesOn && (sum.known < sum.slots || missesDays)
  return { at, usage: sum.usage, state: incomplete ? 'part' : sum.estimated ? 'estimated' : 'measured' }
}

/** Values of another period in the places of this one's bars: the third day under the third day. */
export function alignedWith(keys: readonly string[], other: Period, sums: ReadonlyMap<string, UsageSum>) {
  const others = keysOf(other)
  return keys.map((_, i) => sums.get(others[i] ?? '')?.usage ?? null)
}

/** Sum of those that stand under a bar with a value, so that like is compared with like; null without any. */
export function comparableTotal(bars: readonly Bar[], values: readonly (string | null)[]): string | null {
  const under = values.filter((value, i): value is string => value !== null && bars[i]?.usage !== null)
  return under.length > 0 ? sumOf(under) : null
}

/** Exact sum of decimal texts. */
export function sumOf(values: readonly string[]): string {
  const scale = Math.max(0, ...values.map((value) => value.split('.')[1]?.length ?? 0))
  const total = values.reduce((sum, value) => {
    const [whole = '0', fraction = ''] = value.split('.')
    return sum + BigInt(whole + fraction.padEnd(scale, '0'))
  }, 0n)
  if (scale === 0) return String(total)
  const digits = String(total).padStart(scale + 1, '0')
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

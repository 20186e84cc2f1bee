import type { PricingRule } from './tariff-rule.ts'

/** A price list as it holds from a day on. */
export interface PricedVersion {
  readonly id: string
  /** First day on which it holds, `2026-06-01`. */
  readonly effectiveFrom: string
  readonly rule: PricingRule
}

/** Days `from` (inclusive) to `to` (exclusive) of a month, counted from 0. */
export interface DaySpan {
  readonly from: number
  readonly to: number
}

export interface VersionPart extends DaySpan {
  readonly version: PricedVersion
}

/**
 * Which version holds on which of the days `span` of the month whose days are `days`. `versions` ascend by their
 * first day. Null when no version holds yet on the first day.
 */
export function versionsInForce(
  versions: readonly PricedVersion[],
  days: readonly string[],
  span: DaySpan,
): VersionPart[] | null {
  const firstDay = days[span.from]!
  let current = versions.findLastIndex(({ effectiveFrom }) => effectiveFrom <= firstDay)
  if (current < 0) return null
  const parts: VersionPart[] = []
  let from = span.from
  while (from < span.to) {
    const next = versions[current + 1]
    const change = next ? dayIndex(days, next.effectiveFrom) : span.to
    const to = Math.min(change, span.to)
    if (to > from) parts.push({ version: versions[current]!, from, to })
    from = to
    current++
  }
  return parts
}

/** Position of the first of `days` that is not before `day`; the number of days when all are before it. */
function dayIndex(days: readonly string[], day: string): number {
  const index = days.findIndex((candidate) => candidate >= day)
  return index < 0 ? days.length : index
}

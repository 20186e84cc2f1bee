import type { HeldReason } from '../reasons.ts'
import { commonUnit, splitByLargestRemainder, takeInProportion } from './apportion.ts'
import { QUANTITY_PLACES, parseFixed, rescale } from './fixed.ts'
import type { DaySpan } from './tariff-versions.ts'
import { SLOTS_PER_DAY } from './time-windows.ts'

/** Why an account cannot be billed yet; these codes are stable. */
export type HoldCode =
  | 'no_reads'
  | 'no_meter'
  | 'gap'
  | 'held_interval'
  | 'no_tariff'
  | 'mixed_tariffs'
  | 'overlapping_assignments'
  | 'evidence_mismatch'

export interface Hold {
  readonly code: HoldCode
  readonly meteringPointId: string | null
  /** The same more exactly, for a person. */
  readonly detail: HeldReason
}

/** Usage of a metering point in a month, as metering gives it: mantissas of 10^-scale. */
export interface MonthUsage {
  readonly usage: string
  readonly scale: number
  readonly slotUsage: readonly bigint[]
  readonly totalSlots: number
  readonly estimatedSlots: number
  readonly completeness: 'complete' | 'noReads' | 'gap' | 'held'
}

/** The same of one local day. */
export interface DayOfUsage {
  readonly day: string
  readonly scale: number
  readonly slotUsage: readonly bigint[]
  readonly status: string
  readonly knownSlots: number
  readonly estimatedSlots: number
}

/** Usage in units of 10^-9, as a whole and by local half hour of the day. */
export interface SlottedUsage {
  readonly quantity: bigint
  readonly slots: readonly bigint[]
}

/** What holds a whole month back; null when it can be billed. */
export function monthHold(meteringPointId: string, month: string, usage: MonthUsage): Hold | null {
  const hold = (code: HoldCode, detail: HeldReason): Hold => ({ code, meteringPointId, detail })
  if (usage.totalSlots === 0) return hold('no_meter', { code: 'held.no_meter', month })
  switch (usage.completeness) {
    case 'complete':
      return null
    case 'noReads':
      return hold('no_reads', { code: 'held.no_reads', month })
    case 'gap':
      return hold('gap', { code: 'held.gap', month })
    case 'held':
      return hold('held_interval', { code: 'held.went_back', month })
  }
}

/**
 * What holds the days `span` back when the month as a whole is not complete: every half hour of them must be
 * known. `expectedSlots` is by day of the month (46, 48 or 50).
 */
export function spanHold(
  meteringPointId: string,
  days: readonly string[],
  span: DaySpan,
  expectedSlots: readonly number[],
  usage: ReadonlyMap<string, DayOfUsage>,
): Hold | null {
  const hold = (code: HoldCode, detail: HeldReason): Hold => ({ code, meteringPointId, detail })
  let missing: Hold | null = null
  let known = 0
  for (let index = span.from; index < span.to; index++) {
    const day = usage.get(days[index]!)
    known += day?.knownSlots ?? 0
    if (day && day.knownSlots >= expectedSlots[index]!) continue
    missing ??=
      day?.status === 'held'
        ? hold('held_interval', { code: 'held.went_back_on', day: days[index]! })
        : hold('gap', { code: 'held.gap_on', day: days[index]! })
  }
  if (missing === null || known > 0) return missing
  const [from, to] = [days[span.from]!, days[span.to - 1]!]
  return hold('no_reads', { code: 'held.no_reads_between', from, to })
}

const perScale = Array.from({ length: QUANTITY_PLACES + 1 }, (_, scale) =>
  rescale(1n, scale, QUANTITY_PLACES),
)

/** Sum of the half hours, in units of 10^-9. */
export function slotted(slotUsage: readonly bigint[], scale: number): SlottedUsage {
  const factor = perScale[scale]
  if (factor === undefined) throw new RangeError(`usage with ${scale} decimal places`)
  const slots = slotUsage.map((units) => units * factor)
  return { quantity: slots.reduce((sum, units) => sum + units, 0n), slots }
}

/** A whole month. Its half hours are looked at only when a price depends on the time: most do not. */
export function slottedMonth(month: MonthUsage): SlottedUsage {
  return {
    quantity: parseFixed(month.usage, QUANTITY_PLACES),
    get slots() {
      return slotted(month.slotUsage, month.scale).slots
    },
  }
}

const none: SlottedUsage = { quantity: 0n, slots: new Array<bigint>(SLOTS_PER_DAY).fill(0n) }

/** The sum; half hours are added up only when somebody looks at them. */
export function addUsage(parts: readonly SlottedUsage[]): SlottedUsage {
  if (parts.length === 1) return parts[0]!
  return {
    quantity: parts.reduce((sum, part) => sum + part.quantity, 0n),
    get slots() {
      return parts.reduce((sum, { slots }) => sum.map((units, slot) => units + slots[slot]!), none.slots)
    },
  }
}

/** Usage of the days `span`: the sum of its days. Days without a row count as nothing. */
export function usageOfDays(
  days: readonly string[],
  span: DaySpan,
  usage: ReadonlyMap<string, DayOfUsage>,
): SlottedUsage {
  const known = days.slice(span.from, span.to).flatMap((day) => usage.get(day) ?? [])
  return addUsage([none, ...known.map((day) => slotted(day.slotUsage, day.scale))])
}

/** Whether the price change at the start of day `cut` lies between two days that were measured throughout. */
export function isMeasuredAround(
  days: readonly string[],
  cut: number,
  usage: ReadonlyMap<string, DayOfUsage>,
) {
  return [cut - 1, cut].every((index) => {
    const day = usage.get(days[index]!)
    return day !== undefined && day.knownSlots > 0 && day.estimatedSlots === 0
  })
}

/**
 * Usage of a span shared among its parts by their number of days, at the register's resolution; every half hour
 * of the day keeps its sum.
 */
export function splitByDays(usage: SlottedUsage, parts: readonly DaySpan[], scale: number): SlottedUsage[] {
  const unit = commonUnit(usage.slots, perScale[scale]!)
  const shares = parts.map(({ from, to }) => ({
    code: String(from).padStart(2, '0'),
    weight: BigInt(to - from),
  }))
  const totals = splitByLargestRemainder(usage.quantity / unit, shares).map((units) => units * unit)
  const left = [...usage.slots]
  return totals.map((quantity, index) => {
    if (index === parts.length - 1) return { quantity, slots: left }
    const slots = takeInProportion(quantity, left, unit)
    slots.forEach((units, slot) => (left[slot]! -= units))
    return { quantity, slots }
  })
}

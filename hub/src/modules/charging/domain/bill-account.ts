import type { PartLabel } from './line-label.ts'
import { rate, totalOf, type RatedLine } from './rate.ts'
import { versionsInForce, type DaySpan, type PricedVersion, type VersionPart } from './tariff-versions.ts'
import {
  addUsage,
  isMeasuredAround,
  monthHold,
  slottedMonth,
  spanHold,
  splitByDays,
  usageOfDays,
  type DayOfUsage,
  type Hold,
  type MonthUsage,
  type SlottedUsage,
} from './usage-in-span.ts'

/** That a household pays for a metering point by a tariff on the days `from` to `to` of the month. */
export interface AssignedPoint extends DaySpan {
  readonly meteringPointId: string
  readonly tariffId: string
}

/** The month that is billed. */
export interface BillingMonth {
  /** `2026-06` */
  readonly month: string
  /** Its local days, `2026-06-01` …; for a month that is not over those that are. */
  readonly days: readonly string[]
  /** Half hours of each of these days: 46, 48 or 50. */
  readonly expectedSlots: readonly number[]
  readonly isOver: boolean
}

/** What is known of a metering point. `days` is there when a part of the month is to be billed. */
export interface PointUsage {
  readonly month: MonthUsage
  readonly days?: ReadonlyMap<string, DayOfUsage>
}

export interface AccountLine extends RatedLine {
  readonly version: PricedVersion
  readonly part: PartLabel | null
}

export interface AccountBill {
  readonly tariffId: string
  readonly span: DaySpan
  readonly quantity: bigint
  /** In cents. */
  readonly amount: bigint
  readonly estimated: boolean
  /** What the tiers had counted before this bill; null where they do not add up over the year. */
  readonly usedBefore: bigint | null
  readonly lines: readonly AccountLine[]
}

/** Whether days are needed to bill this assignment, or the month as a whole will do. */
export function needsDays(
  assignment: AssignedPoint,
  month: BillingMonth,
  versions: readonly PricedVersion[],
): boolean {
  const wholeMonth = month.isOver && assignment.from === 0 && assignment.to === month.days.length
  if (!wholeMonth) return true
  const first = month.days[0]!
  const last = month.days.at(-1)!
  return versions.some(({ effectiveFrom }) => effectiveFrom > first && effectiveFrom <= last)
}

/**
 * Bills one account, or says why it cannot be billed: several metering points of a household are summed and
 * rated together; a price change inside the month cuts it into parts that count through the same tiers.
 * `usedInYear` is what the household was billed for in this calendar year, whichever month it was.
 */
export function billAccount(
  assignments: readonly AssignedPoint[],
  month: BillingMonth,
  versionsOf: (tariffId: string) => readonly PricedVersion[],
  usageOf: (meteringPointId: string) => PointUsage,
  usedInYear: bigint,
): { bill: AccountBill } | { hold: Hold } {
  const tariffId = assignments[0]!.tariffId
  const span = spanOf(assignments)
  const parts = versionsInForce(versionsOf(tariffId), month.days, span)
  const hold =
    assignmentHold(assignments) ??
    (parts ? null : noTariff(assignments[0]!, month.days[span.from]!)) ??
    firstHold(assignments, month, versionsOf(tariffId), usageOf)
  if (hold || !parts) return { hold: hold! }
  const split = usageByPart(assignments, parts, month, usageOf)
  const lines = rateParts(parts, split, month, usedInYear)
  const addsUp = parts.some(({ version }) => 'period' in version.rule && version.rule.period === 'year')
  return {
    bill: {
      tariffId,
      span,
      quantity: split.usage.reduce((sum, { quantity }) => sum + quantity, 0n),
      amount: totalOf(lines),
      estimated: assignments.some((assignment) => isEstimated(assignment, month, usageOf)),
      usedBefore: addsUp ? usedInYear : null,
      lines,
    },
  }
}

function spanOf(assignments: readonly AssignedPoint[]): DaySpan {
  return {
    from: Math.min(...assignments.map(({ from }) => from)),
    to: Math.max(...assignments.map(({ to }) => to)),
  }
}

function assignmentHold(assignments: readonly AssignedPoint[]): Hold | null {
  const [first, ...others] = assignments
  const other = others.find(({ tariffId }) => tariffId !== first!.tariffId)
  if (other) {
    const detail = { code: 'held.mixed_tariffs' } as const
    return { code: 'mixed_tariffs', meteringPointId: other.meteringPointId, detail }
  }
  const twice = assignments.find((assignment, index) =>
    assignments
      .slice(index + 1)
      .some(
        (later) =>
          later.meteringPointId === assignment.meteringPointId &&
          later.from < assignment.to &&
          assignment.from < later.to,
      ),
  )
  if (!twice) return null
  const detail = { code: 'held.overlapping_assignments' } as const
  return { code: 'overlapping_assignments', meteringPointId: twice.meteringPointId, detail }
}

function noTariff({ meteringPointId }: AssignedPoint, day: string): Hold {
  return { code: 'no_tariff', meteringPointId, detail: { code: 'held.no_tariff', day } }
}

function firstHold(
  assignments: readonly AssignedPoint[],
  month: BillingMonth,
  versions: readonly PricedVersion[],
  usageOf: (meteringPointId: string) => PointUsage,
): Hold | null {
  for (const assignment of assignments) {
    const usage = usageOf(assignment.meteringPointId)
    const whole = monthHold(assignment.meteringPointId, month.month, usage.month)
    if (!whole) continue
    if (whole.code === 'no_meter' || !needsDays(assignment, month, versions) || !usage.days) return whole
    const { meteringPointId } = assignment
    const part = spanHold(meteringPointId, month.days, assignment, month.expectedSlots, usage.days)
    if (part) return part
  }
  return null
}

interface SplitUsage {
  /** By part, all metering points together. */
  readonly usage: readonly SlottedUsage[]
  readonly method: PartLabel['method']
}

function usageByPart(
  assignments: readonly AssignedPoint[],
  parts: readonly VersionPart[],
  month: BillingMonth,
  usageOf: (meteringPointId: string) => PointUsage,
): SplitUsage {
  const measured = assignments.every((assignment) =>
    parts.slice(1).every(({ from: cut }) => {
      const inside = assignment.from < cut && cut < assignment.to
      return !inside || isMeasuredAround(month.days, cut, usageOf(assignment.meteringPointId).days!)
    }),
  )
  const usage: SlottedUsage[][] = parts.map(() => [])
  for (const assignment of assignments) {
    const own = parts.flatMap((part, index) => {
      const from = Math.max(part.from, assignment.from)
      const to = Math.min(part.to, assignment.to)
      return from < to ? [{ index, from, to }] : []
    })
    const split = splitAssignment(assignment, own, month, usageOf(assignment.meteringPointId), measured)
    own.forEach(({ index }, position) => usage[index]!.push(split[position]!))
  }
  return { usage: usage.map(addUsage), method: measured ? 'intervals' : 'days' }
}

function splitAssignment(
  assignment: AssignedPoint,
  parts: readonly DaySpan[],
  month: BillingMonth,
  usage: PointUsage,
  measured: boolean,
): SlottedUsage[] {
  if (measured && parts.length > 1) return parts.map((part) => usageOfDays(month.days, part, usage.days!))
  const wholeMonth = month.isOver && assignment.from === 0 && assignment.to === month.days.length
  const total = wholeMonth ? slottedMonth(usage.month) : usageOfDays(month.days, assignment, usage.days!)
  return parts.length === 1 ? [total] : splitByDays(total, parts, usage.month.scale)
}

function rateParts(
  parts: readonly VersionPart[],
  { usage, method }: SplitUsage,
  month: BillingMonth,
  usedInYear: bigint,
): AccountLine[] {
  let counted = 0n
  return parts.flatMap(({ version, from, to }, index) => {
    const { quantity } = usage[index]!
    const { rule } = version
    const slots = 'bands' in rule ? usage[index]!.slots : undefined
    const before = counted + ('period' in rule && rule.period === 'year' ? usedInYear : 0n)
    counted += quantity
    const part =
      parts.length === 1 ? null : { firstDay: month.days[from]!, lastDay: month.days[to - 1]!, method }
    return rate(rule, quantity, before, slots).map((line) => ({ ...line, version, part }))
  })
}

function isEstimated(
  assignment: AssignedPoint,
  month: BillingMonth,
  usageOf: (meteringPointId: string) => PointUsage,
): boolean {
  const usage = usageOf(assignment.meteringPointId)
  if (!usage.days) return usage.month.estimatedSlots > 0
  return month.days
    .slice(assignment.from, assignment.to)
    .some((day) => (usage.days!.get(day)?.estimatedSlots ?? 0) > 0)
}

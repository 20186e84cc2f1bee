import type { TariffRule } from '@courtyard/protocols/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { say } from '../../../platform/reasons/reason.ts'
import '../reasons.ts'
import {
  billAccount,
  needsDays,
  type AssignedPoint,
  type BillingMonth,
  type PointUsage,
} from './bill-account.ts'
import { QUANTITY_PLACES, formatFixed, parseFixed, trimDecimal } from './fixed.ts'
import { pricingRule } from './tariff-rule.ts'
import { versionsInForce, type PricedVersion } from './tariff-versions.ts'
import type { DayOfUsage, MonthUsage } from './usage-in-span.ts'

const days = Array.from({ length: 30 }, (_, index) => `2026-06-${String(index + 1).padStart(2, '0')}`)
const june: BillingMonth = { month: '2026-06', days, expectedSlots: days.map(() => 48), isOver: true }
const flat = (price: string): TariffRule => ({ kind: 'flat', price })
const version = (effectiveFrom: string, rule: TariffRule): PricedVersion => ({
  id: `version-${effectiveFrom}`,
  effectiveFrom,
  rule: pricingRule(rule),
})
const whole: AssignedPoint = { meteringPointId: 'p1', tariffId: 't1', from: 0, to: 30 }
const yearly: TariffRule = {
  kind: 'tiered',
  period: 'year',
  tiers: [
    { upTo: '180', price: '5' },
    { upTo: null, price: '7' },
  ],
}

/** `perSlot` hundredths in each half hour of each day. */
function dayOf(day: string, perSlot: number, change: Partial<DayOfUsage> = {}): DayOfUsage {
  const slotUsage = new Array<bigint>(48).fill(BigInt(perSlot))
  return { day, scale: 2, slotUsage, status: 'measured', knownSlots: 48, estimatedSlots: 0, ...change }
}
function usageOf(list: DayOfUsage[], change: Partial<MonthUsage> = {}): PointUsage {
  const slotUsage = Array.from({ length: 48 }, (_, slot) =>
    list.reduce((sum, day) => sum + day.slotUsage[slot]!, 0n),
  )
  const usage = formatFixed(
    slotUsage.reduce((sum, units) => sum + units, 0n),
    2,
  )
  const estimatedSlots = list.reduce((sum, day) => sum + day.estimatedSlots, 0)
  const month: MonthUsage = {
    usage,
    scale: 2,
    slotUsage,
    totalSlots: 1440,
    estimatedSlots,
    completeness: 'complete',
    ...change,
  }
  return { month, days: new Map(list.map((day) => [day.day, day])) }
}
const even = usageOf(days.map((day) => dayOf(day, 1))) // 14.4 in the month, 0.48 a day
const shown = (units: bigint) => trimDecimal(formatFixed(units, QUANTITY_PLACES))

function bill(
  assignments: AssignedPoint[],
  versions: PricedVersion[],
  usage: Record<string, PointUsage>,
  used = 0n,
  month = june,
) {
  return billAccount(
    assignments,
    month,
    () => versions,
    (id) => usage[id]!,
    used,
  )
}
function billed(...input: Parameters<typeof bill>) {
  const result = bill(...input)
  if ('hold' in result) throw new Error(`held: ${result.hold.code}`)
  return result.bill
}
function held(...input: Parameters<typeof bill>) {
  const result = bill(...input)
  return 'hold' in result ? `${result.hold.code}: ${say(result.hold.detail, 'en')}` : null
}

describe('billAccount', () => {
  it('sums the metering points of an account and rates them together', () => {
    const result = billed(
      [whole, { ...whole, meteringPointId: 'p2' }],
      [version('2026-01-01', yearly)],
      { p1: even, p2: even },
      parseFixed('160', QUANTITY_PLACES),
    )
    expect(shown(result.quantity)).toBe('28.8')
    expect(result.lines.map((line) => [line.tier?.number, shown(line.quantity), line.amount])).toEqual([
      [1, '20', 10000n],
      [2, '8.8', 6160n],
    ])
    expect(shown(result.usedBefore!)).toBe('160')
  })

  it('cuts the month at a price change by measured intervals', () => {
    const uneven = usageOf(days.map((day, index) => dayOf(day, index < 14 ? 2 : 1)))
    const result = billed([whole], [version('2026-01-01', flat('1')), version('2026-06-15', flat('2'))], {
      p1: uneven,
    })
    expect(
      result.lines.map((line) => [line.version.effectiveFrom, shown(line.quantity), line.amount]),
    ).toEqual([
      ['2026-01-01', '13.44', 1344n],
      ['2026-06-15', '7.68', 1536n],
    ])
    expect(result.lines[0]!.part).toEqual({
      firstDay: '2026-06-01',
      lastDay: '2026-06-14',
      method: 'intervals',
    })
  })

  it('cuts it by days when nothing was measured around the price change, and says so', () => {
    const late = usageOf(days.map((day, index) => dayOf(day, index < 14 ? 2 : 1, { estimatedSlots: 48 })))
    const result = billed([whole], [version('2026-01-01', flat('1')), version('2026-06-15', flat('2'))], {
      p1: late,
    })
    expect(result.lines.map((line) => shown(line.quantity))).toEqual(['9.86', '11.26']) // 21.12 × 14/30 = 9.856
    expect(result.lines[1]!.part).toEqual({ firstDay: '2026-06-15', lastDay: '2026-06-30', method: 'days' })
    expect(result.estimated).toBe(true)
  })

  it('counts through the same tiers before and after a price change', () => {
    const monthly = (price: string): TariffRule => ({
      kind: 'tiered',
      period: 'month',
      tiers: [
        { upTo: '7.2', price },
        { upTo: null, price: '9' },
      ],
    })
    const result = billed(
      [whole],
      [version('2026-01-01', monthly('1')), version('2026-06-11', monthly('2'))],
      { p1: even },
    )
    expect(
      result.lines.map((line) => [line.tier!.number, line.version.effectiveFrom, shown(line.quantity)]),
    ).toEqual([
      [1, '2026-01-01', '4.8'],
      [1, '2026-06-11', '2.4'],
      [2, '2026-06-11', '7.2'],
    ])
    expect(result.usedBefore).toBeNull()
  })

  it('bills only the days of the assignment', () => {
    const result = billed([{ ...whole, from: 10 }], [version('2026-01-01', flat('1'))], { p1: even })
    expect([shown(result.quantity), result.span]).toEqual(['9.6', { from: 10, to: 30 }])
  })

  it('previews a month that is not over by its complete days', () => {
    const sofar: BillingMonth = {
      ...june,
      days: days.slice(0, 3),
      expectedSlots: [48, 48, 48],
      isOver: false,
    }
    const usage = usageOf(
      days.slice(0, 3).map((day) => dayOf(day, 1)),
      { completeness: 'gap' },
    )
    expect(
      shown(
        billed([{ ...whole, to: 3 }], [version('2026-01-01', flat('1'))], { p1: usage }, 0n, sofar).quantity,
      ),
    ).toBe('1.44')
  })

  it('holds what it cannot know, with the reason', () => {
    const versions = [version('2026-01-01', flat('1'))]
    const with_ = (change: Partial<MonthUsage>) => held([whole], versions, { p1: usageOf([], change) })
    expect(with_({ completeness: 'gap' })).toBe('gap: reads are missing in 2026-06')
    expect(with_({ completeness: 'noReads' })).toBe('no_reads: no reads of 2026-06')
    expect(with_({ totalSlots: 0, completeness: 'noReads' })).toBe(
      'no_meter: no meter was installed in 2026-06',
    )
    expect(with_({ completeness: 'held' })).toMatch(/^held_interval/)
    expect(held([whole], [version('2026-06-02', flat('1'))], { p1: even })).toBe(
      'no_tariff: the tariff has no version for 2026-06-01',
    )
    expect(
      held([whole, { ...whole, meteringPointId: 'p2', tariffId: 't2' }], versions, { p1: even, p2: even }),
    ).toMatch(/^mixed_tariffs/)
    expect(held([whole, { ...whole, from: 20 }], versions, { p1: even })).toMatch(/^overlapping_assignments/)
  })

  it('does not hold days that are complete because of others in the month', () => {
    const list = days.map((day, index) =>
      dayOf(day, 1, index === 20 ? { knownSlots: 40, status: 'gap' } : {}),
    )
    const usage = { p1: usageOf(list, { completeness: 'gap' }) }
    const versions = [version('2026-01-01', flat('1'))]
    expect(shown(billed([{ ...whole, to: 20 }], versions, usage).quantity)).toBe('9.6')
    expect(held([{ ...whole, to: 21 }], versions, usage)).toBe('gap: reads are missing on 2026-06-21')
  })
})

describe('versionsInForce', () => {
  const versions = [
    version('2026-01-01', flat('1')),
    version('2026-06-15', flat('2')),
    version('2026-06-20', flat('3')),
    version('2026-07-01', flat('4')),
  ]

  it('covers the span without overlap, in order', () => {
    const parts = versionsInForce(versions, days, { from: 0, to: 30 })!
    expect(parts.map(({ from, to, version: { effectiveFrom } }) => [effectiveFrom, from, to])).toEqual([
      ['2026-01-01', 0, 14],
      ['2026-06-15', 14, 19],
      ['2026-06-20', 19, 30],
    ])
    expect(
      versionsInForce(versions, days, { from: 15, to: 16 })!.map(
        ({ version: { effectiveFrom } }) => effectiveFrom,
      ),
    ).toEqual(['2026-06-15'])
    expect(needsDays(whole, june, versions)).toBe(true)
    expect(needsDays(whole, june, versions.slice(0, 1))).toBe(false)
  })

  it('property: parts touch and hold the version of their first day', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 29 }), { maxLength: 5 }),
        fc.integer({ min: 0, max: 28 }),
        fc.integer({ min: 1, max: 30 }),
        (starts, from, length) => {
          const list = [
            version('2020-01-01', flat('1')),
            ...starts.sort((a, b) => a - b).map((start) => version(days[start]!, flat('1'))),
          ]
          const span = { from, to: Math.min(30, from + length) }
          const parts = versionsInForce(list, days, span)!
          expect(parts[0]!.from).toBe(span.from)
          expect(parts.at(-1)!.to).toBe(span.to)
          parts.forEach((part, index) => {
            expect(part.to).toBe(parts[index + 1]?.from ?? span.to)
            for (let day = part.from; day < part.to; day++) {
              expect(part.version).toBe(list.findLast(({ effectiveFrom }) => effectiveFrom <= days[day]!))
            }
          })
        },
      ),
    )
  })
})

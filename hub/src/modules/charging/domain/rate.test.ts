import type { TariffRule } from '@courtyard/protocols/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CENT_PLACES,
  EXACT_PLACES,
  PRICE_PLACES,
  QUANTITY_PLACES,
  formatFixed,
  parseFixed,
  trimDecimal,
} from './fixed.ts'
import { rate, totalOf, type RatedLine } from './rate.ts'
import { roundAmount } from './rounding.ts'
import { pricingRule } from './tariff-rule.ts'

const quantity = (text: string) => parseFixed(text, QUANTITY_PLACES)
const cents = (amount: bigint) => formatFixed(amount, CENT_PLACES)
const shown = (lines: RatedLine[]) =>
  lines.map((line) => [
    line.tier?.number ?? null,
    line.band,
    trimDecimal(formatFixed(line.quantity, QUANTITY_PLACES)),
    trimDecimal(formatFixed(line.unitPrice, PRICE_PLACES)),
    trimDecimal(formatFixed(line.exactAmount, EXACT_PLACES)),
    cents(line.amount),
  ])

const electricity: TariffRule = {
  kind: 'tiered',
  period: 'month',
  tiers: [
    { upTo: '240', price: '0.4883' },
    { upTo: '400', price: '0.5383' },
    { upTo: null, price: '0.7883' },
  ],
}
const water: TariffRule = {
  kind: 'tiered',
  period: 'year',
  tiers: [
    { upTo: '180', price: '5' },
    { upTo: '260', price: '7' },
    { upTo: null, price: '9' },
  ],
}
const commercial: TariffRule = {
  kind: 'timeOfUse',
  bands: [
    { band: 'peak', price: '1.1946' },
    { band: 'flat', price: '0.7520' },
    { band: 'valley', price: '0.3411' },
  ],
  windows: [
    { from: '00:00', to: '08:00', band: 'valley' },
    { from: '08:00', to: '11:30', band: 'peak' },
    { from: '11:30', to: '18:00', band: 'flat' },
    { from: '18:00', to: '22:00', band: 'peak' },
    { from: '22:00', to: '24:00', band: 'flat' },
  ],
}
const tieredCommercial: TariffRule = {
  kind: 'tieredTimeOfUse',
  period: 'month',
  tiers: [
    { upTo: '230', surcharge: '0' },
    { upTo: '400', surcharge: '0.05' },
    { upTo: null, surcharge: '0.3' },
  ],
  bands: commercial.bands,
  windows: commercial.windows,
}
/** A usage per half hour in 0.01 units. */
const slotsOf = (hundredths: number[]) => hundredths.map((units) => BigInt(units) * 10_000_000n)
const sum = (values: readonly bigint[]) => values.reduce((all, value) => all + value, 0n)

describe('worked examples', () => {
  it('1: flat, rounded once', () => {
    expect(shown(rate(pricingRule({ kind: 'flat', price: '0.4883' }), quantity('234.56'), 0n))).toEqual([
      [null, null, '234.56', '0.4883', '114.535648', '114.54'],
    ])
  })

  it('2: three tiers in a month', () => {
    const lines = rate(pricingRule(electricity), quantity('450.5'), 0n)
    expect(shown(lines)).toEqual([
      [1, null, '240', '0.4883', '117.192', '117.19'],
      [2, null, '160', '0.5383', '86.128', '86.13'],
      [3, null, '50.5', '0.7883', '39.80915', '39.81'],
    ])
    expect(cents(totalOf(lines))).toBe('243.13')
  })

  it('3: 2.66 on a CT of 100/5 is billed as 53.2', () => {
    const usage = quantity('2.66') * 20n
    expect(shown(rate(pricingRule({ kind: 'flat', price: '1' }), usage, 0n))[0]!.slice(2)).toEqual([
      '53.2',
      '1',
      '53.2',
      '53.20',
    ])
  })

  it('6: a fee for 20 of 30 days', () => {
    const exact = quantity('89.5') * parseFixed('2.85', PRICE_PLACES)
    expect(cents(roundAmount(exact, 20n, 30n))).toBe('170.05')
  })
})

describe('tiers', () => {
  it('touch: the bound belongs to the lower tier', () => {
    const rule = pricingRule({
      ...electricity,
      tiers: [
        { upTo: '150', price: '1' },
        { upTo: null, price: '2' },
      ],
    })
    expect(shown(rate(rule, quantity('150'), 0n)).map((row) => row[2])).toEqual(['150'])
    expect(shown(rate(rule, quantity('150.5'), 0n)).map((row) => row[2])).toEqual(['150', '0.5'])
  })

  it('add up over the year from what was used before', () => {
    const lines = rate(pricingRule(water), quantity('30'), quantity('170'))
    expect(shown(lines).map((row) => [row[0], row[2], row[5]])).toEqual([
      [1, '10', '50.00'],
      [2, '20', '140.00'],
    ])
    expect(shown(rate(pricingRule(water), quantity('5'), quantity('180'))).map((row) => row[0])).toEqual([2])
  })

  it('no usage is one line of nothing in the tier that would come next', () => {
    expect(shown(rate(pricingRule(water), 0n, quantity('180')))).toEqual([[2, null, '0', '7', '0', '0.00']])
  })
})

describe('time of use', () => {
  it('prices the half hours of each band', () => {
    const slots = slotsOf(
      Array.from({ length: 48 }, (_, slot) =>
        slot === 15 ? 100 : slot === 16 ? 200 : slot === 30 ? 300 : 0,
      ),
    )
    expect(shown(rate(pricingRule(commercial), quantity('6'), 0n, slots))).toEqual([
      [null, 'peak', '2', '1.1946', '2.3892', '2.39'],
      [null, 'flat', '3', '0.752', '2.256', '2.26'],
      [null, 'valley', '1', '0.3411', '0.3411', '0.34'],
    ])
  })

  it('adds the surcharge of each tier to the price of every band in it', () => {
    const slots = slotsOf(Array.from({ length: 48 }, () => 625)) // 300 in all: 100 valley, 93.75 peak, 106.25 flat
    const lines = rate(pricingRule(tieredCommercial), quantity('300'), 0n, slots)
    const ofTier = (number: number) =>
      sum(lines.filter((line) => line.tier!.number === number).map((line) => line.quantity))
    expect([ofTier(1), ofTier(2)]).toEqual([quantity('230'), quantity('70')])
    expect(lines.find((line) => line.tier!.number === 2 && line.band === 'peak')!.unitPrice).toBe(
      parseFixed('1.2446', PRICE_PLACES),
    )
    const exact = sum(lines.map((line) => line.exactAmount))
    const bands = sum(
      rate(pricingRule(commercial), quantity('300'), 0n, slots).map((line) => line.exactAmount),
    )
    expect(exact - bands).toBe(quantity('70') * parseFixed('0.05', PRICE_PLACES))
  })

  it('refuses half hours that are missing or do not sum to the quantity', () => {
    expect(() => rate(pricingRule(commercial), quantity('6'), 0n)).toThrow('48 half hours')
    expect(() =>
      rate(pricingRule(commercial), quantity('6'), 0n, slotsOf(new Array<number>(48).fill(1))),
    ).toThrow('sum')
  })
})

const arbitraryQuantity = fc.bigInt({ min: 0n, max: 2_000_000_000_000n })
const arbitrarySlots = fc
  .array(fc.integer({ min: 0, max: 100_000 }), { minLength: 48, maxLength: 48 })
  .map(slotsOf)
const arbitraryTiers = fc
  .uniqueArray(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 0, maxLength: 5 })
  .chain((bounds) =>
    fc.tuple(
      fc.constant(bounds),
      fc.array(fc.integer({ min: 0, max: 99_999 }), {
        minLength: bounds.length + 1,
        maxLength: bounds.length + 1,
      }),
    ),
  )
  .map(([bounds, prices]): TariffRule => {
    const sorted = bounds.sort((a, b) => a - b).map((bound) => formatFixed(BigInt(bound), 2))
    return {
      kind: 'tiered',
      period: 'year',
      tiers: prices.map((price, index) => ({
        upTo: sorted[index] ?? null,
        price: formatFixed(BigInt(price), 4),
      })),
    }
  })

describe('properties', () => {
  it('the lines sum to the quantity, each amount is within half a cent of exact', () => {
    fc.assert(
      fc.property(arbitraryTiers, arbitraryQuantity, arbitraryQuantity, (rule, used, before) => {
        const lines = rate(pricingRule(rule), used, before)
        expect(sum(lines.map((line) => line.quantity))).toBe(used)
        for (const line of lines) {
          const error = line.amount * 10n ** 15n - line.exactAmount
          expect(error > -5n * 10n ** 14n && error <= 5n * 10n ** 14n).toBe(true)
        }
      }),
    )
  })

  it('cutting a quantity into parts that follow each other changes no exact amount', () => {
    fc.assert(
      fc.property(arbitraryTiers, arbitraryQuantity, arbitraryQuantity, (tariff, first, second) => {
        const rule = pricingRule(tariff)
        const exact = (lines: RatedLine[]) => sum(lines.map((line) => line.exactAmount))
        const parts = exact(rate(rule, first, 0n)) + exact(rate(rule, second, first))
        expect(parts).toBe(exact(rate(rule, first + second, 0n)))
      }),
    )
  })

  it('more usage never costs less', () => {
    fc.assert(
      fc.property(arbitraryTiers, arbitraryQuantity, arbitraryQuantity, (tariff, used, more) => {
        const rule = pricingRule(tariff)
        const [less, greater] = [rate(rule, used, 0n), rate(rule, used + more, 0n)]
        expect(totalOf(greater)).toBeGreaterThanOrEqual(totalOf(less))
      }),
    )
  })

  it('tier × time-of-use keeps the sums of the bands and of the tiers, and the exact total', () => {
    fc.assert(
      fc.property(arbitrarySlots, arbitraryQuantity, (slots, before) => {
        const rule = pricingRule(tieredCommercial)
        const total = sum(slots)
        const lines = rate(rule, total, before, slots)
        const quantities = (keep: (line: RatedLine) => boolean) =>
          sum(lines.filter(keep).map((line) => line.quantity))
        const byBand = rate(pricingRule(commercial), total, 0n, slots)
        for (const line of byBand) expect(quantities(({ band }) => band === line.band)).toBe(line.quantity)
        const surcharges = rate(
          pricingRule({
            kind: 'tiered',
            period: 'month',
            tiers: [
              { upTo: '230', price: '0' },
              { upTo: '400', price: '0.05' },
              { upTo: null, price: '0.3' },
            ],
          }),
          total,
          before,
        )
        for (const { tier, quantity: inTier } of surcharges) {
          expect(quantities((line) => line.tier!.number === tier!.number)).toBe(inTier)
        }
        const exact = sum([...byBand, ...surcharges].map((line) => line.exactAmount))
        expect(sum(lines.map((line) => line.exactAmount))).toBe(exact)
      }),
    )
  })
})

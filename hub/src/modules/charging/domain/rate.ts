import { commonUnit, takeInProportion } from './apportion.ts'
import { QUANTITY_PLACES } from './fixed.ts'
import { roundAmount } from './rounding.ts'
import type { Band, PricingRule, Tier } from './tariff-rule.ts'
import { SLOTS_PER_DAY } from './time-windows.ts'

/** One line of a bill: quantity in 10^-9, price in 10^-8, exact amount in 10^-17, amount in cents. */
export interface RatedLine {
  readonly tier: Tier | null
  readonly band: Band | null
  readonly quantity: bigint
  readonly unitPrice: bigint
  readonly exactAmount: bigint
  readonly amount: bigint
}

/**
 * Prices a quantity. `usedBefore` is what the tiers have counted already; `slotUsage` the same quantity by local
 * half hour of the day (48 of them), needed where the price depends on the time. The lines' quantities sum to
 * `quantity`; a line without usage appears only when there is no usage at all, so that every bill has a line.
 * RangeError: negative quantities, or slots that are missing or do not sum to the quantity.
 */
export function rate(
  rule: PricingRule,
  quantity: bigint,
  usedBefore: bigint,
  slotUsage?: readonly bigint[],
): RatedLine[] {
  if (quantity < 0n || usedBefore < 0n) throw new RangeError('a quantity must not be negative')
  switch (rule.kind) {
    case 'flat':
      return [line(null, null, quantity, rule.price)]
    case 'tiered':
      return tierSlices(rule.tiers, quantity, usedBefore).map((slice) =>
        line(slice.tier, null, slice.quantity, slice.tier.price),
      )
    case 'timeOfUse':
      return rateByBand(rule, bandUsage(rule, quantity, slotUsage))
    case 'tieredTimeOfUse':
      return rateByTierAndBand(rule, quantity, usedBefore, bandUsage(rule, quantity, slotUsage))
  }
}

/** Sum of the rounded lines, in cents: a total is never rounded by itself. */
export function totalOf(lines: readonly RatedLine[]): bigint {
  return lines.reduce((sum, { amount }) => sum + amount, 0n)
}

/** How finely a tier's usage is shown by band, unless the numbers are finer. */
const HUNDREDTH = 10n ** BigInt(QUANTITY_PLACES - 2)

type Banded = Extract<PricingRule, { bands: unknown }>
type Tiered = Extract<PricingRule, { tiers: unknown }>

function line(tier: Tier | null, band: Band | null, quantity: bigint, unitPrice: bigint): RatedLine {
  const exactAmount = quantity * unitPrice
  return { tier, band, quantity, unitPrice, exactAmount, amount: roundAmount(exactAmount) }
}

/** What of `quantity`, counted from `usedBefore` on, falls into which tier; never empty. */
function tierSlices(tiers: readonly Tier[], quantity: bigint, usedBefore: bigint) {
  const slices: { tier: Tier; quantity: bigint }[] = []
  const end = usedBefore + quantity
  for (const tier of tiers) {
    if (tier.upTo !== null && tier.upTo <= usedBefore) continue
    const from = tier.above > usedBefore ? tier.above : usedBefore
    const to = tier.upTo === null || tier.upTo > end ? end : tier.upTo
    if (to > from || slices.length === 0) slices.push({ tier, quantity: to - from })
    if (to === end) break
  }
  return slices
}

function bandUsage(rule: Banded, quantity: bigint, slotUsage: readonly bigint[] | undefined): bigint[] {
  if (slotUsage?.length !== SLOTS_PER_DAY) throw new RangeError('a time-of-use price needs 48 half hours')
  const usage = rule.bands.map(() => 0n)
  let sum = 0n
  for (let slot = 0; slot < SLOTS_PER_DAY; slot++) {
    usage[rule.bandOfSlot[slot]!]! += slotUsage[slot]!
    sum += slotUsage[slot]!
  }
  if (sum !== quantity) throw new RangeError('the half hours do not sum to the quantity')
  return usage
}

function rateByBand(rule: Banded, usage: readonly bigint[]): RatedLine[] {
  const lines = rule.bands.map(({ band, price }, index) => line(null, band, usage[index]!, price))
  return withUsage(lines)
}

/**
 * The tiers are found from the total; within a tier every band is charged its price and the tier's surcharge.
 * How a tier's usage is shared among the bands does not change the exact sum (band sums and tier sums are
 * both kept), only how it is shown: in proportion to the bands, at 0.01 unit or as fine as the numbers are.
 */
function rateByTierAndBand(
  rule: Tiered & Banded,
  total: bigint,
  usedBefore: bigint,
  usage: readonly bigint[],
) {
  const left = [...usage]
  const slices = tierSlices(rule.tiers, total, usedBefore)
  const lines: RatedLine[] = []
  slices.forEach((slice, index) => {
    const last = index === slices.length - 1
    const parts = last
      ? left
      : takeInProportion(slice.quantity, left, commonUnit([slice.quantity, ...left], HUNDREDTH))
    rule.bands.forEach(({ band, price }, position) => {
      lines.push(line(slice.tier, band, parts[position]!, price + slice.tier.price))
      if (parts !== left) left[position]! -= parts[position]!
    })
  })
  return withUsage(lines)
}

function withUsage(lines: RatedLine[]): RatedLine[] {
  const used = lines.filter(({ quantity }) => quantity > 0n)
  return used.length > 0 ? used : lines.slice(0, 1)
}

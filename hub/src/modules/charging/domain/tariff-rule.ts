import type { TariffRule } from '@courtyard/protocols/contract'
import type { TariffReason } from '../reasons.ts'
import { PRICE_PLACES, QUANTITY_PLACES, isDecimal, parseFixed, placesOf } from './fixed.ts'
import { SLOTS_PER_DAY, formatHalfHour, parseHalfHour } from './time-windows.ts'

/** Where a rule is wrong and why. */
export interface RuleFault {
  readonly path: string
  readonly reason: TariffReason
}

export type Band = 'sharp' | 'peak' | 'flat' | 'valley' | 'deepValley'

/** One tier: what is above `above` (exclusive) up to `upTo` (inclusive). Prices in 10^-8, bounds in 10^-9. */
export interface Tier {
  readonly number: number
  readonly above: bigint
  readonly upTo: bigint | null
  /** Price of the tier; of a tiered time-of-use tariff the surcharge. */
  readonly price: bigint
}
export interface BandPrice {
  readonly band: Band
  readonly price: bigint
}
interface Tiered {
  readonly period: 'month' | 'year'
  readonly tiers: readonly Tier[]
}
interface Banded {
  readonly bands: readonly BandPrice[]
  /** Position in `bands` for each half hour of the day. */
  readonly bandOfSlot: readonly number[]
}

/** A rule that was checked and turned into integers, so that rating a hundred thousand accounts parses nothing. */
export type PricingRule =
  | { readonly kind: 'flat'; readonly price: bigint }
  | ({ readonly kind: 'tiered' } & Tiered)
  | ({ readonly kind: 'timeOfUse' } & Banded)
  | ({ readonly kind: 'tieredTimeOfUse' } & Tiered & Banded)

type TieredTariff = Extract<TariffRule, { tiers: unknown }>
type BandedTariff = Extract<TariffRule, { bands: unknown }>

const MOST_PRICE = 10n ** BigInt(PRICE_PLACES + 6)
const MOST_BOUND = 10n ** BigInt(QUANTITY_PLACES + 10)

/** Everything that is wrong with a rule, with path and reason; empty when it can be used. */
export function validateRule(rule: TariffRule, path = 'rule'): RuleFault[] {
  switch (rule.kind) {
    case 'flat':
      return checkPrice(rule.price, `${path}.price`)
    case 'tiered':
      return checkTiers(rule, path)
    case 'timeOfUse':
      return checkBands(rule, path)
    case 'tieredTimeOfUse':
      return [...checkTiers(rule, path), ...checkBands(rule, path)]
  }
}

/** The rule in integers. RangeError when `validateRule` has something to say. */
export function pricingRule(rule: TariffRule): PricingRule {
  const [issue] = validateRule(rule)
  if (issue) throw new RangeError(`${issue.path}: ${issue.reason.code}`)
  switch (rule.kind) {
    case 'flat':
      return { kind: 'flat', price: parseFixed(rule.price, PRICE_PLACES) }
    case 'tiered':
      return { kind: 'tiered', ...tiersOf(rule) }
    case 'timeOfUse':
      return { kind: 'timeOfUse', ...bandsOf(rule) }
    case 'tieredTimeOfUse':
      return { kind: 'tieredTimeOfUse', ...tiersOf(rule), ...bandsOf(rule) }
  }
}

/** Whether usage of earlier months counts towards the tiers. */
export function addsUpOverTheYear(rule: TariffRule): boolean {
  return 'period' in rule && rule.period === 'year'
}

function checkNumber(text: string, path: string, places: number, most: bigint): RuleFault[] {
  const fault = numberFault(text, places, most)
  return fault ? [{ path, reason: fault }] : []
}

function numberFault(text: string, places: number, most: bigint): TariffReason | null {
  if (!isDecimal(text)) return { code: 'tariff.not_decimal', text }
  if (placesOf(text) > places) return { code: 'tariff.too_many_places', places }
  const units = parseFixed(text, places)
  if (units < 0n) return { code: 'tariff.negative' }
  return units < most ? null : { code: 'tariff.too_large' }
}

/** A band is said in the reader's language too. */
const said = (band: string) => ({ code: `band.${band}` })

const checkPrice = (text: string, path: string) => checkNumber(text, path, PRICE_PLACES, MOST_PRICE)

function checkTiers(rule: TieredTariff, path: string): RuleFault[] {
  const issues: RuleFault[] = []
  let below = 0n
  rule.tiers.forEach((tier, index) => {
    const at = `${path}.tiers[${index}]`
    const last = index === rule.tiers.length - 1
    issues.push(
      ...('price' in tier
        ? checkPrice(tier.price, `${at}.price`)
        : checkPrice(tier.surcharge, `${at}.surcharge`)),
    )
    if (tier.upTo === null) {
      if (!last) issues.push({ path: `${at}.upTo`, reason: { code: 'tariff.open_tier_not_last' } })
      return
    }
    if (last) issues.push({ path: `${at}.upTo`, reason: { code: 'tariff.last_tier_closed' } })
    const wrong = checkNumber(tier.upTo, `${at}.upTo`, QUANTITY_PLACES, MOST_BOUND)
    issues.push(...wrong)
    if (wrong.length > 0) return
    const upTo = parseFixed(tier.upTo, QUANTITY_PLACES)
    if (upTo <= below) issues.push({ path: `${at}.upTo`, reason: { code: 'tariff.bound_not_rising' } })
    else below = upTo
  })
  return issues
}

function checkBands(rule: BandedTariff, path: string): RuleFault[] {
  const issues: RuleFault[] = []
  const priced = new Set<string>()
  rule.bands.forEach((band, index) => {
    const at = `${path}.bands[${index}]`
    issues.push(...checkPrice(band.price, `${at}.price`))
    if (priced.has(band.band))
      issues.push({ path: `${at}.band`, reason: { code: 'tariff.band_twice', band: said(band.band) } })
    priced.add(band.band)
  })
  const used = new Set(rule.windows.map((window) => window.band as string))
  rule.bands.forEach((band, index) => {
    if (!used.has(band.band)) {
      issues.push({
        path: `${path}.bands[${index}].band`,
        reason: { code: 'tariff.band_unused', band: said(band.band) },
      })
    }
  })
  return [...issues, ...checkWindows(rule, path, priced)]
}

function checkWindows(rule: BandedTariff, path: string, priced: ReadonlySet<string>): RuleFault[] {
  const issues: RuleFault[] = []
  const owner = new Array<number | undefined>(SLOTS_PER_DAY)
  rule.windows.forEach((window, index) => {
    const at = `${path}.windows[${index}]`
    if (!priced.has(window.band))
      issues.push({
        path: `${at}.band`,
        reason: { code: 'tariff.band_without_price', band: said(window.band) },
      })
    const from = parseHalfHour(window.from)
    const to = parseHalfHour(window.to)
    const reason = { code: 'tariff.not_half_hour' } as const
    if (from === null) issues.push({ path: `${at}.from`, reason })
    if (to === null) issues.push({ path: `${at}.to`, reason })
    if (from === null || to === null) return
    if (from >= to) {
      issues.push({ path: `${at}.to`, reason: { code: 'tariff.window_backwards' } })
    }
    const taken = owner.slice(from, to).find((other) => other !== undefined)
    if (taken !== undefined)
      issues.push({ path: at, reason: { code: 'tariff.windows_overlap', number: taken + 1 } })
    for (let slot = from; slot < to; slot++) owner[slot] ??= index
  })
  const open = owner.findIndex((index) => index === undefined)
  if (issues.length === 0 && open >= 0) {
    issues.push({
      path: `${path}.windows`,
      reason: { code: 'tariff.window_missing', time: formatHalfHour(open) },
    })
  }
  return issues
}

function tiersOf(rule: TieredTariff): Tiered {
  let above = 0n
  const tiers = rule.tiers.map((tier, index) => {
    const upTo = tier.upTo === null ? null : parseFixed(tier.upTo, QUANTITY_PLACES)
    const price = parseFixed('price' in tier ? tier.price : tier.surcharge, PRICE_PLACES)
    const result: Tier = { number: index + 1, above, upTo, price }
    above = upTo ?? above
    return result
  })
  return { period: rule.period, tiers }
}

function bandsOf(rule: BandedTariff): Banded {
  const bands = rule.bands.map(({ band, price }) => ({ band, price: parseFixed(price, PRICE_PLACES) }))
  const bandOfSlot = new Array<number>(SLOTS_PER_DAY).fill(0)
  for (const window of rule.windows) {
    const position = bands.findIndex((band) => band.band === window.band)
    bandOfSlot.fill(position, parseHalfHour(window.from)!, parseHalfHour(window.to)!)
  }
  return { bands, bandOfSlot }
}

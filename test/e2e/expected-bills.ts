/**
 * What last month's bills must come to, reckoned here from the simulator's ground truth and the public prices, in
 * integers, without a line of the product's own arithmetic.
 */
import type { SimulatedMeter, SimulatorControl } from '../../demo/simulated-site.ts'
import { unitsOf } from '../faults/reckoning.ts'

/** Registers are compared at a millionth of the unit, prices at a ten-thousandth of a yuan. */
const USAGE_DIGITS = 6
const PRICE_DIGITS = 4
const HOUR_MS = 3_600_000

export interface Month {
  readonly fromMs: number
  readonly toMs: number
}

/** Cents for `usage` at `price`, half up. */
function cents(usage: bigint, price: string): bigint {
  const product = usage * unitsOf(price, PRICE_DIGITS)
  const perCent = 10n ** BigInt(USAGE_DIGITS + PRICE_DIGITS - 2)
  return (product + perCent / 2n) / perCent
}

async function indexAt(simulator: SimulatorControl, meter: SimulatedMeter, atMs: number): Promise<bigint> {
  const shown = await simulator.truth(meter.key, new Date(atMs))
  return unitsOf(shown[meter.medium === 'electricity' ? 'energyImport' : 'volume']!, USAGE_DIGITS)
}

export async function usageOf(
  simulator: SimulatorControl,
  meter: SimulatedMeter,
  month: Month,
): Promise<bigint> {
  const [from, to] = await Promise.all([
    indexAt(simulator, meter, month.fromMs),
    indexAt(simulator, meter, month.toMs),
  ])
  return to - from
}

/** Tiers touch; each is rounded by itself. Bounds in whole units. */
function tieredCents(usage: bigint, tiers: readonly { upTo: number | null; price: string }[]): bigint {
  const unit = 10n ** BigInt(USAGE_DIGITS)
  let below = 0n
  let total = 0n
  for (const { upTo, price } of tiers) {
    const bound = upTo === null ? usage : BigInt(upTo) * unit
    const end = usage < bound ? usage : bound
    if (end > below) total += cents(end - below, price)
    below = bound
  }
  return total
}

/** One price for all of it. */
export function flatCents(usage: bigint, price: string): bigint {
  return cents(usage, price)
}

export function residentialElectricityCents(usage: bigint): bigint {
  return tieredCents(usage, [
    { upTo: 240, price: '0.4883' },
    { upTo: 400, price: '0.5383' },
    { upTo: null, price: '0.7883' },
  ])
}

/** First bill of the year, so nothing was used before it. */
export function residentialWaterCents(usage: bigint): bigint {
  return tieredCents(usage, [
    { upTo: 180, price: '5' },
    { upTo: 260, price: '7' },
    { upTo: null, price: '9' },
  ])
}

/** Commercial electricity by the hour of Shanghai: three bands, each rounded once. */
export async function commercialElectricityCents(
  simulator: SimulatorControl,
  meter: SimulatedMeter,
  month: Month,
): Promise<bigint> {
  const used = { peak: 0n, flat: 0n, valley: 0n }
  let before = await indexAt(simulator, meter, month.fromMs)
  for (let atMs = month.fromMs; atMs < month.toMs; atMs += HOUR_MS) {
    const after = await indexAt(simulator, meter, atMs + HOUR_MS)
    used[bandOf((atMs / HOUR_MS + 8) % 24)] += after - before
    before = after
  }
  return cents(used.peak, '1.1946') + cents(used.flat, '0.7520') + cents(used.valley, '0.3411')
}

function bandOf(hour: number): 'peak' | 'flat' | 'valley' {
  if (hour < 7 || hour >= 23) return 'valley'
  return (hour >= 10 && hour < 15) || (hour >= 18 && hour < 21) ? 'peak' : 'flat'
}

/** `12345` cents as `123.45`. */
export function yuan(amount: bigint): string {
  const text = String(amount).padStart(3, '0')
  return `${text.slice(0, -2)}.${text.slice(-2)}`
}

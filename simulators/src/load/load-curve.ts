/**
 * One consumer's consumption since installation, as a pure function of seed and instant.
 *
 * A day's amount is fixed by chance, season and weekday; it is shared out over 288 slots of five minutes and each
 * slot over 30 steps of ten seconds, inside which it runs evenly. Everything is a whole number of 10^-9 units and
 * every share is the difference of two rounded-down cumulative sums, so nothing is lost and nothing runs back.
 */
import { chance, streamOf } from '../random.ts'
import type { LoadProfile } from '../site/site.types.ts'
import { isWeekend, localDay, seasonFactor } from './calendar.ts'
import { type Shape, shapes } from './shapes.ts'

const SLOTS = 288
const SLOT_MS = 300_000
const STEPS = 30
export const STEP_MS = 10_000
const REMEMBERED_DAYS = 4

/** Amount since installation, and the amount of the ten-second step that the instant falls into. */
export interface Consumption {
  readonly total: number
  readonly perStep: number
}

export class LoadCurve {
  private readonly load: LoadProfile
  private readonly shape: Shape
  private readonly dayStream: number
  private readonly slotStream: number
  private readonly stepStream: number
  /** sums[d] is what was used before day d. */
  private readonly sums: number[] = [0]
  private readonly days = new Map<number, Float64Array>()
  private steps: { slot: number; shares: Float64Array } | null = null

  constructor(seed: number, key: string, load: LoadProfile) {
    this.load = load
    this.shape = shapes[load.shape]
    this.dayStream = streamOf(seed, `${key} days`)
    this.slotStream = streamOf(seed, `${key} slots`)
    this.stepStream = streamOf(seed, `${key} steps`)
  }

  /** `atMs` is not before the installation. */
  at(atMs: number): Consumption {
    const { day, msOfDay } = localDay(atMs)
    const before = this.before(day)
    const amount = this.before(day + 1) - before
    const shares = this.slotShares(day)
    const slot = Math.floor(msOfDay / SLOT_MS)
    const slotFrom = Math.floor(amount * shares[slot]!)
    const slotAmount = Math.floor(amount * shares[slot + 1]!) - slotFrom
    const msOfSlot = msOfDay - slot * SLOT_MS
    const step = Math.floor(msOfSlot / STEP_MS)
    const stepShares = this.stepShares(day * SLOTS + slot)
    const stepFrom = Math.floor(slotAmount * stepShares[step]!)
    const perStep = Math.floor(slotAmount * stepShares[step + 1]!) - stepFrom
    const rest = Math.floor((perStep * (msOfSlot - step * STEP_MS)) / STEP_MS)
    return { total: before + slotFrom + stepFrom + rest, perStep }
  }

  private before(day: number): number {
    for (let d = this.sums.length; d <= day; d++) this.sums.push(this.sums[d - 1]! + this.amountOf(d - 1))
    return this.sums[day]!
  }

  private amountOf(day: number): number {
    const { shape, load } = this
    const week = Math.floor((day + 6) / 7)
    const away = chance(this.dayStream, week, 1) < 0.03 && load.shape.startsWith('home') ? 0.15 : 1
    const noise = 1 + shape.dayNoise * (2 * chance(this.dayStream, day, 2) - 1)
    const weekend = isWeekend(day) ? shape.weekendFactor : 1
    const vacant = load.vacant ? shape.vacantFactor : 1
    return Math.floor(load.perDay * seasonFactor(shape.months, day) * weekend * noise * away * vacant)
  }

  /** Cumulative shares of the day's slots, 0 to exactly 1. The last few days asked for are remembered. */
  private slotShares(day: number): Float64Array {
    let shares = this.days.get(day)
    if (!shares) {
      const hours = isWeekend(day) ? this.shape.weekend : this.shape.workday
      shares = cumulativeShares(SLOTS, (slot) => this.slotWeight(hours, day * SLOTS + slot, slot / 12))
      if (this.days.size >= REMEMBERED_DAYS) this.days.delete(this.days.keys().next().value!)
      this.days.set(day, shares)
    }
    return shares
  }

  private slotWeight(hours: readonly number[], absoluteSlot: number, hour: number): number {
    // A slot of a consumer that is on and off may be idle, but a day never is from end to end.
    if (this.shape.idle > 0 && chance(this.slotStream, absoluteSlot, 1) < this.shape.idle) return 1e-6
    const floor = Math.floor(hour)
    const rest = hour - floor
    const weight = hours[floor]! * (1 - rest) + hours[(floor + 1) % 24]! * rest
    return weight * (1 + this.shape.slotNoise * (2 * chance(this.slotStream, absoluteSlot, 2) - 1))
  }

  private stepShares(slot: number): Float64Array {
    if (this.steps?.slot !== slot) {
      const shares = cumulativeShares(STEPS, (step) => 0.8 + 0.4 * chance(this.stepStream, slot, step))
      this.steps = { slot, shares }
    }
    return this.steps.shares
  }
}

function cumulativeShares(count: number, weight: (index: number) => number): Float64Array {
  const shares = new Float64Array(count + 1)
  for (let i = 0; i < count; i++) shares[i + 1] = shares[i]! + weight(i)
  const total = shares[count]!
  for (let i = 1; i < count; i++) shares[i] = shares[i]! / total
  shares[count] = 1
  return shares
}

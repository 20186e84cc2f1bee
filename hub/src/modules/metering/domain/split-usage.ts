/** From register reads to usage by half hours: the heart of metering. */
import { apportion } from './apportion.ts'
import type { Calendar } from './calendar.ts'
import { pairsOf, readsOfInstallation, Status, type InstalledMeter, type Pair } from './pairs.ts'
import { rescale } from './decimal.ts'
import type { Disagreement } from './reads.ts'

/** A run of whole slots of a metering point. Arrays have one entry per slot, `index` one more. */
export interface UsageSlots {
  readonly startMs: number[]
  readonly endMs: number[]
  /** Mantissa at `usageScale`, multiplier applied; null where nothing is known. A slot known in part holds that part. */
  readonly usage: (bigint | null)[]
  /** Position in IntervalStatus, the worst of what touches the slot; `gap` while a part of it is unknown. */
  readonly status: number[]
  /** All of the slot in which a meter was installed is known. */
  readonly known: boolean[]
  /** Some of it was shaped by estimation, whatever the status says besides. */
  readonly estimated: boolean[]
  /** Index at the start of each slot and at the end of the last, mantissa at `indexScale`; null where unknown. */
  readonly index: (bigint | null)[]
}

export interface SplitResult extends UsageSlots {
  /** Pairs that touch the run and wait for a person, with their register. */
  readonly held: { pair: Pair; scale: number }[]
  /** Pairs that touch the run and count more than the meter can, with their register. */
  readonly jumps: { pair: Pair; scale: number }[]
  readonly disagreements: Disagreement[]
}

export interface SplitOptions {
  readonly calendar: Calendar
  /** First instant of the run and the one after its end; both are boundaries of slots. */
  readonly fromMs: number
  readonly toMs: number
  /** Enough decimal places for every register × multiplier of the point. */
  readonly usageScale: number
  readonly indexScale: number
  /**
   * Usage of a slot outside the run whose status is `measured`, mantissa at `usageScale`; null when there
   * is none. It shapes estimates; sums never depend on it.
   */
  readonly measuredBefore?: (slotStartMs: number) => bigint | null
}

/**
 * Splits what each meter counted between neighbouring reads over the half hours in between, at the register's
 * own resolution, by largest remainder; so the slots add up exactly to the register's difference × multiplier.
 *
 * Pairs up to an hour apart are split in proportion to time. Longer ones take the shape of the same half hours of the
 * same weekdays of the three weeks before, when at least one of the three was measured for every
 * slot; otherwise they too are split in proportion to time. What a pair gives to a slot depends only on that pair
 * (and, for the shape of a long one, on measured slots a week or more before), so a run can be computed alone
 * when `installed` holds the reads within it and one neighbour on either side.
 */
export function splitUsage(installed: readonly InstalledMeter[], options: SplitOptions): SplitResult {
  const run = new Run(options)
  for (const meter of installed) {
    run.expect(meter.fromMs, meter.toMs ?? Infinity)
    const { reads, disagreements } = readsOfInstallation(meter)
    run.disagreements.push(
      ...disagreements.filter(({ atMs }) => atMs >= options.fromMs && atMs < options.toMs),
    )
    for (const read of reads) run.setIndex(read.atMs, read.index, meter.register.scale)
    for (const pair of pairsOf(meter, reads)) {
      if (pair.to.atMs >= options.fromMs && pair.from.atMs <= options.toMs) run.add(meter, pair)
    }
  }
  return run.finish()
}

class Run {
  readonly disagreements: Disagreement[] = []
  private readonly options: SplitOptions
  private readonly startMs: number[] = []
  private readonly endMs: number[] = []
  private readonly position = new Map<number, number>()
  private readonly usage: (bigint | null)[]
  private readonly worst: number[]
  private readonly estimated: boolean[]
  private readonly index: (bigint | null)[]
  private readonly expectedMs: number[]
  private readonly knownMs: number[]
  private readonly held: { pair: Pair; scale: number }[] = []
  private readonly jumps: { pair: Pair; scale: number }[] = []

  constructor(options: SplitOptions) {
    this.options = options
    for (let at = options.fromMs; at < options.toMs; at = this.endMs.at(-1)!) {
      this.position.set(at, this.startMs.length)
      this.startMs.push(at)
      this.endMs.push(options.calendar.slotEnd(at))
    }
    const slots = this.startMs.length
    this.position.set(options.toMs, slots)
    this.usage = new Array<bigint | null>(slots).fill(null)
    this.worst = new Array<number>(slots).fill(-1)
    this.estimated = new Array<boolean>(slots).fill(false)
    this.index = new Array<bigint | null>(slots + 1).fill(null)
    this.expectedMs = new Array<number>(slots).fill(0)
    this.knownMs = new Array<number>(slots).fill(0)
  }

  /** A meter was installed: what of each slot should become known. */
  expect(fromMs: number, toMs: number): void {
    for (let i = 0; i < this.startMs.length; i++) {
      this.expectedMs[i]! += Math.max(0, Math.min(this.endMs[i]!, toMs) - Math.max(this.startMs[i]!, fromMs))
    }
  }

  /** At the very boundary the later meter's index holds: meters are given in order. */
  setIndex(atMs: number, index: bigint, scale: number): void {
    const position = this.position.get(atMs)
    if (position !== undefined) this.index[position] = rescale(index, scale, this.options.indexScale)
  }

  add(meter: InstalledMeter, pair: Pair): void {
    const { register } = meter
    const parts = this.partsOf(pair)
    const list = pair.difference === null ? this.held : pair.jumped ? this.jumps : null
    if (pair.from.atMs < this.options.toMs && pair.to.atMs > this.options.fromMs) {
      list?.push({ pair, scale: register.scale })
    }
    if (pair.difference === null) {
      for (const part of parts) this.touch(part.startMs, pair, 0, null)
      return
    }
    const shares = this.sharesOf(pair, parts)
    let index = pair.fromIndex
    this.setIndex(pair.from.atMs, index, register.scale)
    for (const [i, part] of parts.entries()) {
      const usage = rescale(
        shares[i]! * register.multiplier.mantissa,
        register.scale + register.multiplier.scale,
        this.options.usageScale,
      )
      this.touch(part.startMs, pair, part.ms, usage)
      index += shares[i]!
      if (register.modulus !== null && index >= register.modulus && pair.rolledOver) index -= register.modulus
      if (part.startMs + part.offsetMs + part.ms === part.endMs)
        this.setIndex(part.endMs, index, register.scale)
    }
    this.setIndex(pair.to.atMs, pair.toIndex, register.scale)
  }

  finish(): SplitResult {
    const known = this.knownMs.map((ms, i) => this.expectedMs[i]! > 0 && ms >= this.expectedMs[i]!)
    const status = this.worst.map((worst, i) => (known[i] ? worst : Math.max(worst, Status.gap)))
    const { startMs, endMs, usage, estimated, index, held, jumps, disagreements } = this
    return { startMs, endMs, usage, status, known, estimated, index, held, jumps, disagreements }
  }

  private touch(slotStartMs: number, pair: Pair, knownMs: number, usage: bigint | null): void {
    const i = this.position.get(slotStartMs)
    if (i === undefined || i >= this.usage.length) return
    if (pair.status > this.worst[i]!) this.worst[i] = pair.status
    if (usage === null) return
    if (pair.estimated) this.estimated[i] = true
    this.usage[i] = (this.usage[i] ?? 0n) + usage
    this.knownMs[i]! += knownMs
  }

  /** The slots that a pair covers, wholly or in part, also those outside the run. */
  private partsOf(pair: Pair): Part[] {
    const { calendar } = this.options
    const parts: Part[] = []
    let at = pair.from.atMs
    while (at < pair.to.atMs) {
      const startMs = calendar.slotStart(at)
      const endMs = calendar.slotEnd(at)
      const until = Math.min(endMs, pair.to.atMs)
      parts.push({ startMs, endMs, offsetMs: at - startMs, ms: until - at })
      at = until
    }
    return parts
  }

  private sharesOf(pair: Pair, parts: readonly Part[]): bigint[] {
    if (parts.length === 1) return [pair.difference!]
    const weights = (pair.estimated ? this.shapeOf(parts) : null) ?? parts.map((part) => BigInt(part.ms))
    return apportion(pair.difference!, weights)
  }

  /** Weights from the weeks before; null when a slot has no measured one or nothing flowed then. */
  private shapeOf(parts: readonly Part[]): bigint[] | null {
    if (!this.options.measuredBefore) return null
    const weights: bigint[] = []
    for (const part of parts) {
      const mean = this.meanBefore(part.startMs)
      if (mean === null) return null
      weights.push(mean * BigInt(part.ms))
    }
    return weights.some((weight) => weight > 0n) ? weights : null
  }

  /** Six times the mean, so that one, two and three weeks give whole numbers. */
  private meanBefore(slotStartMs: number): bigint | null {
    let sum = 0n
    let weeks = 0n
    for (const days of [7, 14, 21]) {
      const before = this.options.calendar.sameSlotDaysBefore(slotStartMs, days)
      const usage = before === null ? null : this.measured(before)
      if (usage === null) continue
      sum += usage
      weeks += 1n
    }
    return weeks === 0n ? null : (sum * 6n) / weeks
  }

  private measured(slotStartMs: number): bigint | null {
    const i = this.position.get(slotStartMs)
    if (i === undefined || i >= this.usage.length) return this.options.measuredBefore?.(slotStartMs) ?? null
    const complete = this.expectedMs[i]! > 0 && this.knownMs[i]! >= this.expectedMs[i]!
    return complete && this.worst[i] === Status.measured ? this.usage[i]! : null
  }
}

interface Part {
  readonly startMs: number
  readonly endMs: number
  /** Where in the slot the part begins. */
  readonly offsetMs: number
  readonly ms: number
}

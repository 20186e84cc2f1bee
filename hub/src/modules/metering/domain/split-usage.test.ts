import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calendarOf } from './calendar.ts'
import { decimalOf } from './decimal.ts'
import { Status, type InstalledMeter, type Register } from './pairs.ts'
import type { Read } from './reads.ts'
import { splitUsage, type SplitResult } from './split-usage.ts'

const calendar = calendarOf('Asia/Shanghai')
const start = Date.parse('2026-11-01T16:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const register = (over: Partial<Register> = {}): Register => ({
  scale: 2,
  modulus: null,
  maxPerHour: 100_000n,
  jitter: 0n,
  multiplier: decimalOf('1'),
  ...over,
})
const read = (minutes: number, index: number | bigint, over: Partial<Read> = {}): Read => ({
  atMs: start + minutes * MINUTE,
  index: BigInt(index),
  source: 'feed',
  batchId: '1',
  rank: 1n,
  ...over,
})
const meter = (reads: Read[], over: Partial<InstalledMeter> = {}): InstalledMeter => ({
  register: register(),
  fromMs: start - 1000 * HOUR,
  toMs: null,
  initialIndex: null,
  finalIndex: null,
  replacesOther: false,
  isReplaced: false,
  reads,
  ...over,
})

interface Span {
  fromMs?: number
  toMs?: number
  usageScale?: number
  indexScale?: number
  measuredBefore?: (ms: number) => bigint | null
}
const split = (meters: InstalledMeter[], span: Span = {}): SplitResult =>
  splitUsage(meters, {
    calendar,
    fromMs: start,
    toMs: start + 24 * HOUR,
    usageScale: 2,
    indexScale: 2,
    ...span,
  })
const total = (result: { usage: (bigint | null)[] }): bigint =>
  result.usage.reduce<bigint>((sum, usage) => sum + (usage ?? 0n), 0n)

describe('splitting what a register counted over half hours', () => {
  it('splits in proportion to time, the left-over unit to the largest remainder, the earlier first', () => {
    const result = split([meter([read(15, 0), read(60, 10)])])
    // 15 and 30 of 45 minutes: 3.33 and 6.67
    expect(result.usage.slice(0, 3)).toEqual([3n, 7n, null])
    const tie = split([meter([read(15, 0), read(45, 5)])])
    expect(tie.usage.slice(0, 2)).toEqual([3n, 2n])
    expect(tie.index.slice(0, 3)).toEqual([null, 3n, null])
  })

  it('knows a slot only when all of it is covered; the part that is known still counts', () => {
    const result = split([meter([read(0, 100), read(30, 130), read(50, 150)])])
    expect(result.usage.slice(0, 3)).toEqual([30n, 20n, null])
    expect(result.known.slice(0, 3)).toEqual([true, false, false])
    expect(result.status.slice(0, 3)).toEqual([Status.measured, Status.gap, Status.gap])
  })

  it('calls up to an hour measured and more than that estimated', () => {
    expect(split([meter([read(0, 0), read(60, 10)])]).status[0]).toBe(Status.measured)
    const longer = split([meter([read(0, 0), read(61, 10)])])
    expect(longer.status.slice(0, 2)).toEqual([Status.estimated, Status.estimated])
    expect(longer.estimated.slice(0, 3)).toEqual([true, true, true])
  })

  it('multiplies by a current transformer: 12.34 → 15.00 by 100/5 is 53.2', () => {
    const ct = meter([read(0, 1234), read(30, 1500)], { register: register({ multiplier: decimalOf('20') }) })
    expect(total(split([ct]))).toBe(5320n)
  })

  it('keeps a fractional multiplier exact by its usage scale', () => {
    const odd = meter([read(0, 0), read(60, 7)], { register: register({ multiplier: decimalOf('1.2345') }) })
    const result = split([odd], { usageScale: 6 })
    expect(total(result)).toBe(7n * 12345n)
  })

  it('sees a rollover of six digits: 999984 → 20 is 36', () => {
    const six = register({ scale: 0, modulus: 1_000_000n, maxPerHour: 1000n })
    const result = split([meter([read(0, 999_984), read(60, 20)], { register: six })], {
      usageScale: 0,
      indexScale: 0,
    })
    expect(total(result)).toBe(36n)
    expect(result.status.slice(0, 2)).toEqual([Status.rollover, Status.rollover])
    expect(result.index.slice(0, 3)).toEqual([999_984n, 2n, 20n])
  })

  it('takes a recorded replacement before a rollover: final 999990, new one from 0 to 20 is 26', () => {
    const six = register({ scale: 0, modulus: 1_000_000n, maxPerHour: 1000n })
    const at = start + 20 * MINUTE
    const old = meter([read(0, 999_984), read(25, 5)], {
      register: six, toMs: at, finalIndex: 999_990n, isReplaced: true,
    }) // prettier-ignore
    const next = meter([read(10, 77), read(60, 20)], {
      register: six, fromMs: at, initialIndex: 0n, replacesOther: true,
    }) // prettier-ignore
    const result = split([old, next], { usageScale: 0, indexScale: 0 })
    expect(total(result)).toBe(26n)
    expect(result.status.slice(0, 2)).toEqual([Status.replaced, Status.replaced])
    expect(result.held).toEqual([])
  })

  it('holds an index that went back: no usage, not zero, with the reads for a person to see', () => {
    const result = split([meter([read(0, 500), read(30, 510), read(60, 2), read(90, 12)])])
    expect(result.usage.slice(0, 3)).toEqual([10n, null, 10n])
    expect(result.status[1]).toBe(Status.held)
    expect(result.held.map(({ pair }) => [pair.from.index, pair.to.index])).toEqual([[510n, 2n]])
  })

  it('never takes a rollover that the meter could not have counted in the time', () => {
    const six = register({ scale: 0, modulus: 1_000_000n, maxPerHour: 10n })
    const result = split([meter([read(0, 999_984), read(30, 20)], { register: six })])
    expect(result.status[0]).toBe(Status.held)
  })

  it('never takes a small dip for a rollover, however long the time', () => {
    const six = register({ scale: 0, modulus: 1_000_000n, maxPerHour: 1_000_000n })
    const result = split([meter([read(0, 500_000), read(600, 499_999)], { register: six })])
    expect(result.status[0]).toBe(Status.held)
  })

  it('takes a dip within the tolerance as nothing flowed, and counts nothing twice after it', () => {
    const trembling = register({ jitter: 10n })
    const reads = [read(0, 1000), read(30, 1010), read(60, 1001), read(90, 1005), read(120, 1030)]
    const result = split([meter(reads, { register: trembling })])
    expect(result.usage.slice(0, 4)).toEqual([10n, 0n, 0n, 20n])
    expect(result.status.slice(0, 4)).toEqual([0, 0, 0, 0])
  })

  it('believes a person before the feed at the same instant and reports the disagreement', () => {
    const result = split([
      meter([read(0, 0), read(30, 999_999), read(30, 12, { source: 'manual', batchId: null }), read(60, 20)]),
    ])
    expect(result.usage.slice(0, 2)).toEqual([12n, 8n])
    expect(result.disagreements.map(({ kept, ignored }) => [kept.index, ignored.index])).toEqual([
      [12n, 999_999n],
    ])
  })

  it('starts from the initial index and expects nothing from before the installation', () => {
    const result = split([meter([read(30, 50)], { fromMs: start + 10 * MINUTE, initialIndex: 20n })])
    expect(result.usage[0]).toBe(30n)
    expect(result.known[0]).toBe(true)
    expect(result.status[0]).toBe(Status.measured)
  })

  it('shapes a long stretch like the same weekdays before, and keeps its sum', () => {
    const calls: number[] = []
    const result = split([meter([read(0, 0), read(120, 1000)])], {
      measuredBefore: (ms) => {
        calls.push(ms)
        return [10n, 0n, 30n, 60n][(ms - start + 7 * 24 * HOUR) / (30 * MINUTE)] ?? null
      },
    })
    expect(result.usage.slice(0, 4)).toEqual([100n, 0n, 300n, 600n])
    expect(calls.every((ms) => ms < start)).toBe(true)
    const withHole = split([meter([read(0, 0), read(120, 1000)])], {
      measuredBefore: (ms) => (ms === start - 7 * 24 * HOUR ? 5n : null),
    })
    expect(withHole.usage.slice(0, 4)).toEqual([250n, 250n, 250n, 250n])
  })
})

/** Reads of a register that only grows, with jitter, rollovers and resets thrown in. */
const randomReads = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: -30, max: 900 })), {
    minLength: 2,
    maxLength: 40,
  })
  .map((steps) => {
    let minutes = 0
    let index = 5_000n
    return steps.map(([gap, change]) => {
      minutes += gap
      index = (((index + BigInt(change)) % 10_000n) + 10_000n) % 10_000n
      return read(minutes / 3, index)
    })
  })
const randomRegister = fc
  .record({
    jitter: fc.constantFrom(0n, 5n, 20n),
    modulus: fc.constantFrom(null, 10_000n),
    multiplier: fc.constantFrom('1', '20', '0.5', '1.0625').map(decimalOf),
  })
  .map(register)
const week = { toMs: start + 7 * 24 * HOUR, usageScale: 6 }

describe('properties', () => {
  it('the slots add up to what the register counted, and none is negative', () => {
    fc.assert(
      fc.property(randomReads, randomRegister, (reads, reg) => {
        const result = split([meter(reads, { register: reg })], week)
        let expected = 0n
        let mark = reads[0]!.index
        for (const [i, one] of reads.slice(1).entries()) {
          const elapsed = BigInt(one.atMs - reads[i]!.atMs)
          const difference = one.index - mark
          const wrapped = difference + (reg.modulus ?? 0n)
          if (difference >= 0n) expected += difference
          else if (
            reg.modulus &&
            wrapped * 2n < reg.modulus &&
            wrapped * 3_600_000n <= reg.maxPerHour * elapsed
          )
            expected += wrapped
          else if (-difference <= reg.jitter) continue
          mark = one.index
        }
        expect(total(result)).toBe(
          expected * reg.multiplier.mantissa * 10n ** BigInt(6 - reg.scale - reg.multiplier.scale),
        )
        expect(result.usage.every((usage) => usage === null || usage >= 0n)).toBe(true)
      }),
    )
  })

  it('a part computed alone equals the part of the whole', () => {
    fc.assert(
      fc.property(
        randomReads,
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 20 }),
        (reads, a, n) => {
          const fromMs = start + (a % 300) * 30 * MINUTE
          const toMs = fromMs + n * 30 * MINUTE
          const before = reads.filter((one) => one.atMs < fromMs).slice(-1)
          const inside = reads.filter((one) => one.atMs >= fromMs && one.atMs < toMs)
          const after = reads.filter((one) => one.atMs >= toMs).slice(0, 1)
          const alone = split([meter([...before, ...inside, ...after])], { ...week, fromMs, toMs })
          const whole = split([meter(reads)], { ...week, toMs: start + 8 * 24 * HOUR })
          const at = whole.startMs.indexOf(fromMs)
          expect(alone.usage).toEqual(whole.usage.slice(at, at + n))
          expect(alone.status).toEqual(whole.status.slice(at, at + n))
          expect(alone.index).toEqual(whole.index.slice(at, at + n + 1))
        },
      ),
    )
  })

  it('a late read changes only the slots between its neighbours', () => {
    fc.assert(
      fc.property(randomReads, fc.nat(), (reads, pick) => {
        const late = reads[pick % reads.length]!
        const without = reads.filter((one) => one !== late)
        const before = split([meter(without)], week)
        const after = split([meter([...without, late])], week)
        expect(after).toEqual(split([meter(reads)], week))
        const low = without.findLast((one) => one.atMs < late.atMs)?.atMs ?? late.atMs
        const high = without.find((one) => one.atMs > late.atMs)?.atMs ?? late.atMs
        for (const [i, startMs] of before.startMs.entries()) {
          if (before.endMs[i]! > low && startMs < high) continue
          expect(after.usage[i]).toBe(before.usage[i])
          expect(after.status[i]).toBe(before.status[i])
        }
      }),
    )
  })

  it('the order in which reads come makes no difference', () => {
    fc.assert(
      fc.property(randomReads, fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), (reads, keys) => {
        const shuffled = reads.map((one, i) => [keys[i]!, one] as const).sort((a, b) => a[0] - b[0])
        expect(split([meter(shuffled.map(([, one]) => one))], week)).toEqual(split([meter(reads)], week))
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Counter32Totals, type AgentInstant } from './counter32.ts'

const MAX = 2 ** 32 - 1
/** An agent that was started at `bootMs`. */
const at = (seconds: number, bootSeconds = -1_000): AgentInstant => ({
  atMs: seconds * 1_000,
  uptimeTicks: ((seconds - bootSeconds) * 100) % 2 ** 32,
})
const totals = (saved: string | null = null) => new Counter32Totals('10.0.0.9:161', saved)

describe('a Counter32', () => {
  test('goes on behind 2^32, as often as it wraps', () => {
    const counter = totals()
    expect(counter.take('a', MAX - 9, at(0))).toBe(4_294_967_286n)
    expect(counter.take('a', 5, at(60))).toBe(4_294_967_301n)
    expect(counter.take('a', 3_000_000_000, at(120))).toBe(7_294_967_296n)
    expect(counter.take('a', 10, at(180))).toBe(8_589_934_602n)
  })

  test('begins anew with its agent, also when that has run for longer since than before', () => {
    for (const bootSeconds of [50, 10]) {
      const counter = totals()
      counter.take('a', MAX, at(0, -10))
      expect(counter.take('a', 7, at(60, bootSeconds))).toBe(7n)
    }
    const wrapped = totals()
    wrapped.take('a', MAX, at(0))
    wrapped.take('a', 1, at(60))
    expect(wrapped.take('a', 0, at(120, 100))).toBe(0n)
  })

  test('that somebody has set back is no wrap, and neither is one whose agent tells no time', () => {
    const cleared = totals()
    cleared.take('a', 1_000_000, at(0))
    expect(cleared.take('a', 3, at(60))).toBe(3n)
    const untold = totals()
    untold.take('a', MAX, { atMs: 0, uptimeTicks: null })
    expect(untold.take('a', 3, at(60))).toBe(3n)
  })

  test('knows that the clock of its agent wraps too, after 497 days', () => {
    const days = 497
    const counter = totals()
    counter.take('a', MAX, at(days * 86_400, 0))
    expect(at((days + 1) * 86_400, 0).uptimeTicks!).toBeLessThan(86_400_00)
    expect(counter.take('a', 0, at((days + 1) * 86_400, 0))).toBe(2n ** 32n)
  })

  test('survives a restart of the gateway, unless the address is another agent now', () => {
    const before = totals()
    before.take('a', MAX, at(0))
    before.take('a', 9, at(60))
    const text = before.takeText()!
    expect(before.takeText()).toBeNull()
    expect(totals(text).take('a', 8, at(120))).toBe(8n)
    expect(totals(text).take('a', 10, at(120))).toBe(2n ** 32n + 10n)
    expect(new Counter32Totals('10.0.0.10:161', text).take('a', 10, at(120))).toBe(10n)
    for (const nonsense of ['', '{', 'null', '[]', '{"agent":"10.0.0.9:161","counters":[1,["a","b"]]}']) {
      expect(totals(nonsense).take('a', 10, at(120))).toBe(10n)
    }
  })

  test('whatever is counted in steps of less than half the range adds up, through restarts of the gateway', () => {
    const step = fc.record({ by: fc.integer({ min: 0, max: 2 ** 31 - 1 }), restarts: fc.boolean() })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX }), fc.array(step, { maxLength: 20 }), (start, steps) => {
        let counter = totals()
        let truth = BigInt(start)
        expect(counter.take('a', start, at(0))).toBe(truth)
        steps.forEach(({ by, restarts }, i) => {
          truth += BigInt(by)
          if (restarts) counter = totals(counter.takeText())
          expect(counter.take('a', Number(truth % 2n ** 32n), at((i + 1) * 60))).toBe(truth)
        })
      }),
      { numRuns: 200 },
    )
  })
})

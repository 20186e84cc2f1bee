import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BatchMessage } from '../contract/telemetry.ts'
import { followsSchema } from './batch-check.ts'

const strange = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', '7', [], {}, [[1]], 2 ** 53, -(2 ** 53), 0.5, -0),
  fc.integer({ min: -3, max: 12 }),
)
const mostly = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: strange })
const record = (shape: Record<string, fc.Arbitrary<unknown>>, optional: string[] = []) =>
  fc
    .tuple(
      fc.record(shape, { requiredKeys: Object.keys(shape).filter((key) => !optional.includes(key)) }),
      mostly(fc.constant({})),
    )
    .map(([value, extra]) => (typeof extra === 'object' ? value : { ...value, extra }))

const safe = fc.maxSafeInteger()
const series = record(
  {
    p: mostly(fc.string({ minLength: 3, maxLength: 6 })),
    s: mostly(fc.integer({ min: 0, max: 9 })),
    t: mostly(fc.array(mostly(safe), { minLength: 1, maxLength: 4 })),
    v: mostly(fc.array(mostly(fc.option(safe)), { minLength: 1, maxLength: 4 })),
    q: mostly(
      fc.array(mostly(fc.tuple(mostly(fc.integer({ min: 1, max: 5 })), mostly(fc.nat(5)))), { maxLength: 3 }),
    ),
  },
  ['q'],
)
const dropped = record({
  readings: mostly(fc.integer({ min: 1, max: 9 })),
  fromMs: mostly(safe),
  toMs: mostly(safe),
  reason: mostly(fc.constantFrom('full', 'age', 'disk')),
})
const message = record(
  {
    v: mostly(fc.constant(1)),
    outbox: mostly(fc.uuid()),
    sequence: mostly(fc.integer({ min: 1 })),
    base: mostly(safe),
    series: mostly(fc.array(mostly(series), { maxLength: 2 })),
    dropped: mostly(fc.array(dropped, { maxLength: 2 })),
  },
  ['dropped'],
)

it('accepts what the schema accepts and nothing else', () => {
  let accepted = 0
  const runs = 4_000
  fc.assert(
    fc.property(mostly(message), (value) => {
      const json: unknown = JSON.parse(JSON.stringify(value))
      const expected = BatchMessage.safeParse(json).success
      if (expected) accepted++
      expect(followsSchema(json)).toBe(expected)
    }),
    { numRuns: runs },
  )
  // Both answers must have been tried often enough to mean something
  expect(accepted).toBeGreaterThan(runs / 5)
  expect(accepted).toBeLessThan((runs * 4) / 5)
})

it('refuses more series than the schema allows', () => {
  const series = Array.from({ length: 20_001 }, (_, i) => ({ p: `m/${i}`, s: 0, t: [0], v: [0] }))
  const json = { v: 1, outbox: '4b7a2f7e-95a4-4c3c-8f0e-5f1a8b1f0c01', sequence: 1, base: 0, series }
  expect([followsSchema(json), BatchMessage.safeParse(json).success]).toEqual([false, false])
  series.pop()
  expect([followsSchema(json), BatchMessage.safeParse(json).success]).toEqual([true, true])
})

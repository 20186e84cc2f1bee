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
const dropped = record(
  {
    readings: mostly(fc.integer({ min: 1, max: 9 })),
    events: mostly(fc.integer({ min: 1, max: 9 })),
    fromMs: mostly(safe),
    toMs: mostly(safe),
    reason: mostly(fc.constantFrom('full', 'age', 'disk')),
  },
  ['events'],
)
const eventBase = {
  id: mostly(fc.string({ minLength: 1, maxLength: 5 })),
  device: mostly(fc.constantFrom('door', 'terminal')),
  atMs: mostly(safe),
}
const event = fc.oneof(
  record(
    {
      ...eventBase,
      type: mostly(fc.constant('access')),
      door: mostly(fc.constant('1')),
      granted: mostly(fc.boolean()),
      credential: mostly(fc.constantFrom('card', 'face')),
      card: mostly(fc.constant('12345')),
    },
    ['card'],
  ),
  record({
    ...eventBase,
    type: mostly(fc.constant('vehicle')),
    lane: mostly(fc.constant('1')),
    direction: mostly(fc.constantFrom('in', 'out')),
    plate: mostly(fc.constantFrom('', '粤B12345')),
  }),
  record({
    ...eventBase,
    type: mostly(fc.constant('alarm')),
    code: mostly(fc.constant('tamper')),
    severity: mostly(fc.constantFrom('info', 'critical')),
    state: mostly(fc.constantFrom('raised', 'cleared')),
  }),
)
const message = record(
  {
    v: mostly(fc.constant(1)),
    outbox: mostly(fc.uuid()),
    sequence: mostly(fc.integer({ min: 1 })),
    base: mostly(safe),
    series: mostly(fc.array(mostly(series), { maxLength: 2 })),
    events: mostly(fc.array(mostly(event), { minLength: 1, maxLength: 2 })),
    dropped: mostly(fc.array(dropped, { maxLength: 2 })),
  },
  ['events', 'dropped'],
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

it('refuses more events than the schema allows, and an empty list of them', () => {
  const one = { type: 'attendance', id: '1', device: 'd', atMs: 0, person: '7', credential: 'face', punch: 'checkIn' } // prettier-ignore
  const message = (events: unknown[]) => ({ v: 1, outbox: '4b7a2f7e-95a4-4c3c-8f0e-5f1a8b1f0c01', sequence: 1, base: 0, series: [], events }) // prettier-ignore
  for (const [count, good] of [
    [0, false],
    [1, true],
    [5_000, true],
    [5_001, false],
  ] as const) {
    const json = message(Array.from({ length: count }, () => one))
    expect([count, followsSchema(json), BatchMessage.safeParse(json).success]).toEqual([count, good, good])
  }
})

it('refuses more series than the schema allows', () => {
  const series = Array.from({ length: 20_001 }, (_, i) => ({ p: `m/${i}`, s: 0, t: [0], v: [0] }))
  const json = { v: 1, outbox: '4b7a2f7e-95a4-4c3c-8f0e-5f1a8b1f0c01', sequence: 1, base: 0, series }
  expect([followsSchema(json), BatchMessage.safeParse(json).success]).toEqual([false, false])
  series.pop()
  expect([followsSchema(json), BatchMessage.safeParse(json).success]).toEqual([true, true])
})

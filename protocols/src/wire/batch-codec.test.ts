import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../contract/app-error.ts'
import type { DeviceEvent } from '../contract/events.ts'
import { type BatchMessage, type Quality, type Reading, TELEMETRY_VERSION } from '../contract/telemetry.ts'
import { decodeBatch, encodeBatch, expandSeries, MAX_BATCH_BYTES, readingsOf } from './batch-codec.ts'

const identity = { outbox: '6f1c8a52-58c1-4a43-9a9e-2f0d6f5a1b7c', sequence: 7 }
const at = Date.parse('2026-03-01T00:00:00Z')
const reading = (point: string, seconds: number, mantissa: number | null, quality: Quality = 0): Reading => ({
  point,
  atMs: at + seconds * 1000,
  mantissa,
  scale: 2,
  quality,
})

/** Any readings in any order: several points, holes, all qualities, the widest values. */
const readings = fc.array(
  fc
    .record({
      point: fc.constantFrom('m1/energyImport', 'm1/powerTotal', 'm2/energyImport'),
      atMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      value: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: 0, max: 1_000_000 })),
      quality: fc.integer({ min: 0, max: 5 }),
    })
    .map(({ point, atMs, value, quality }): Reading => {
      const mantissa = quality <= 1 ? value : null
      return { point, atMs, mantissa, scale: point.length % 10, quality: quality as Quality }
    }),
  { maxLength: 60 },
)

const byPoint = (list: readonly Reading[]) => Map.groupBy(list, (one) => one.point)

describe('there and back', () => {
  test('every reading comes back exactly, in the order of its point', () => {
    fc.assert(
      fc.property(readings, (sent) => {
        const received = readingsOf(decodeBatch(encodeBatch(identity, sent)))
        expect(received).toHaveLength(sent.length)
        expect(byPoint(received)).toEqual(byPoint(sent))
      }),
      { numRuns: 300 },
    )
  })

  test('the layout is the documented one', () => {
    const sent = [
      reading('a/v', 0, 100),
      reading('b/v', 1, 5),
      reading('a/v', 10, null, 3),
      reading('a/v', 20, 130),
    ]
    const json: unknown = JSON.parse(zstdDecompressSync(encodeBatch(identity, sent)).toString())
    expect(json).toEqual({
      v: 1,
      ...identity,
      base: at,
      series: [
        { p: 'a/v', s: 2, t: [0, 10_000, 10_000], v: [100, null, 30], q: [[1, 0], [1, 3], [1, 0]] }, // prettier-ignore
        { p: 'b/v', s: 2, t: [1000], v: [5] },
      ],
    })
  })

  test('the text is what JSON.stringify would write, whatever the characters and the size of the numbers', () => {
    const names = fc.oneof(fc.constantFrom('m1/a', 'm1/b', 'm"2/µ', '日本\n'), fc.string({ unit: 'binary' }))
    const numbers = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -0, 9, 10, -99, 100, 2 ** 53 - 1), fc.double({ noNaN: true, noDefaultInfinity: true })) // prettier-ignore
    const any = fc.record({
      point: names,
      atMs: numbers,
      mantissa: numbers,
      quality: fc.constantFrom(0, 1, 3),
    })
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 30 }), (list) => {
        const sent = list.map((one) => ({ ...one, scale: 2 }))
        const text = zstdDecompressSync(encodeBatch(identity, sent)).toString()
        const message = JSON.parse(text) as BatchMessage
        expect(JSON.stringify(message)).toBe(text)
        expect(message.base).toBe(sent[0]!.atMs + 0)
        expect(new Set(message.series.map(({ p }) => p))).toEqual(new Set(sent.map(({ point }) => point)))
      }),
      { numRuns: 500 },
    )
  })

  test('a step beyond exact differences is cut into two series', () => {
    const sent = [reading('a/v', 0, -Number.MAX_SAFE_INTEGER), reading('a/v', 1, Number.MAX_SAFE_INTEGER)]
    const message = decodeBatch(encodeBatch(identity, sent))
    expect(message.series.map((series) => series.p)).toEqual(['a/v', 'a/v'])
    expect(readingsOf(message)).toEqual(sent)
  })

  test('dropped readings travel alone too', () => {
    const dropped = [{ readings: 12, fromMs: at, toMs: at + 1000, reason: 'full' as const }]
    expect(decodeBatch(encodeBatch(identity, [], dropped))).toEqual({
      v: 1,
      ...identity,
      base: at,
      series: [],
      dropped,
    })
  })

  test('events travel beside readings, and alone', () => {
    const event: DeviceEvent = {
      type: 'door',
      id: 'd1:1',
      device: 'door',
      atMs: at + 5,
      door: '1',
      state: 'forced',
    }
    const both = decodeBatch(encodeBatch(identity, [reading('a/v', 0, 1)], [], [event]))
    expect(both.events).toEqual([event])
    expect(readingsOf(both)).toEqual([reading('a/v', 0, 1)])
    const alone = decodeBatch(encodeBatch(identity, [], [], [event]))
    expect(alone).toEqual({ v: 1, ...identity, base: at + 5, series: [], events: [event] })
    expect(readingsOf(alone)).toEqual([])
  })

  test('a scale that changes inside a batch is refused', () => {
    const sent = [reading('a/v', 0, 1), { ...reading('a/v', 1, 1), scale: 3 }]
    expect(() => encodeBatch(identity, sent)).toThrow(
      expect.objectContaining({ code: 'wire.scale_changed' }) as Error,
    )
  })
})

describe('hostile bytes', () => {
  const good: BatchMessage = {
    v: TELEMETRY_VERSION,
    ...identity,
    base: at,
    series: [{ p: 'a/v', s: 2, t: [0, 10], v: [1, 2] }],
  }
  const sealed = (json: unknown) => zstdCompressSync(JSON.stringify(json))
  const codeOf = (bytes: Uint8Array): string => {
    try {
      decodeBatch(bytes)
      return 'accepted'
    } catch (error) {
      return error instanceof AppError ? error.code : `threw ${String(error)}`
    }
  }

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'wire.not_zstd'],
    ['text', Buffer.from('{"v":1}'), 'wire.not_zstd'],
    ['a frame cut short', encodeBatch(identity, [reading('a/v', 0, 1)]).slice(0, -4), 'wire.not_zstd'],
    ['not JSON', zstdCompressSync('{"v":'), 'wire.not_json'],
    ['a bomb', zstdCompressSync(Buffer.alloc(MAX_BATCH_BYTES + 1, 0x20)), 'wire.too_large'],
    ['another version', sealed({ ...good, v: 2 }), 'wire.invalid'],
    ['an unknown field', sealed({ ...good, extra: true }), 'wire.invalid'],
    [
      'columns of different length',
      sealed({ ...good, series: [{ ...good.series[0], v: [1] }] }),
      'wire.invalid',
    ],
    [
      'qualities for more than there is',
      sealed({ ...good, series: [{ ...good.series[0], q: [[2 ** 53 - 1, 0]] }] }),
      'wire.invalid',
    ],
    ['qualities for less', sealed({ ...good, series: [{ ...good.series[0], q: [[1, 0]] }] }), 'wire.invalid'],
    ['a fraction', sealed({ ...good, series: [{ ...good.series[0], v: [1.5, 2] }] }), 'wire.invalid'],
    [
      'an inexact number',
      sealed({ ...good, series: [{ ...good.series[0], v: [2 ** 53, 2] }] }),
      'wire.invalid',
    ],
  ])('%s', (_, bytes, code) => {
    expect(codeOf(bytes)).toBe(code)
  })

  test('the issue names path and reason', () => {
    const bytes = sealed({ ...good, series: [{ ...good.series[0], s: 12 }] })
    expect(() => decodeBatch(bytes)).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ issues: [expect.objectContaining({ path: 'series.0.s' })] }),
      }) as Error,
    )
  })

  test('any bytes and any flipped bit give a batch or a wire error, never anything else', () => {
    const known = /^(accepted|wire\.(not_zstd|too_large|not_json|invalid))$/
    const sample = encodeBatch(
      identity,
      Array.from({ length: 40 }, (_, i) => reading('a/v', i, i * 7)),
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => known.test(codeOf(bytes))))
    fc.assert(
      fc.property(fc.nat(sample.length * 8 - 1), (bit) => {
        const bytes = Uint8Array.from(sample)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        return known.test(codeOf(bytes))
      }),
      { numRuns: 500 },
    )
    fc.assert(fc.property(fc.json(), (json) => codeOf(zstdCompressSync(json)) === 'wire.invalid'))
  })
})

test('columns have equal lengths and carry the quality of each reading', () => {
  const columns = expandSeries({ p: 'a/v', s: 0, t: [5, 5, 5], v: [10, null, -3], q: [[1, 1], [1, 3], [1, 0]] }, 1000) // prettier-ignore
  expect(columns).toEqual({ atMs: [1005, 1010, 1015], mantissas: [10, null, 7], qualities: [1, 3, 0] })
})

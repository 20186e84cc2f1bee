import { describe, expect, it } from 'vitest'
import type { BatchMessage, SeriesMessage } from '@courtyard/protocols/contract'
import { MAX_AHEAD_MS, spanOf, takeIn } from './intake.ts'

const now = Date.UTC(2026, 10, 21, 12)

function batch(series: Partial<SeriesMessage>, base = now): BatchMessage {
  return {
    v: 1,
    outbox: '4b7a2f7e-95a4-4c3c-8f0e-5f1a8b1f0c01',
    sequence: 1,
    base,
    series: [{ p: 'm1/energy', s: 2, t: [0, 1_000], v: [100, 5], ...series }],
  }
}
const lookup = (key: string) => (key === 'm1/energy' ? { id: 4, scale: 2 } : undefined)

function whyHeld(message: BatchMessage): string | undefined {
  const { held, taken } = takeIn(message, lookup, now)
  expect(held.length + taken.length).toBe(1)
  return held[0]?.why
}

describe('takeIn', () => {
  it('adds up the differences and names the point', () => {
    expect(takeIn(batch({}), lookup, now).taken).toEqual([
      { pointId: 4, scale: 2, atMs: [now, now + 1_000], mantissas: [100, 105], qualities: [0, 0] },
    ])
  })

  it('takes readings that failed', () => {
    expect(
      whyHeld(
        batch({
          v: [100, null],
          q: [
            [1, 1],
            [1, 3],
          ],
        }),
      ),
    ).toBeUndefined()
  })

  it.each([
    ['pointUnknown', batch({ p: 'm2/energy' })],
    ['scaleMismatch', batch({ s: 3 })],
    ['timeOutOfRange', batch({}, now + MAX_AHEAD_MS)],
    ['timeOutOfRange', batch({}, 0)],
    ['timeOutOfRange', batch({ t: [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] })],
    ['valueOutOfRange', batch({ v: [Number.MAX_SAFE_INTEGER, 1] })],
    ['qualityMismatch', batch({ v: [100, null] })],
    [
      'qualityMismatch',
      batch({
        q: [
          [1, 0],
          [1, 3],
        ],
      }),
    ],
  ])('holds a series back: %s', (why, message) => {
    expect(whyHeld(message)).toBe(why)
  })

  it('takes the good series beside a bad one', () => {
    const message = batch({})
    message.series.push({ p: 'm9/energy', s: 0, t: [0], v: [1] })
    const { taken, held } = takeIn(message, lookup, now)
    expect([taken.length, held]).toEqual([1, [expect.objectContaining({ point: 'm9/energy', readings: 1 })]])
  })

  it('holds all series of a point when one of them is bad', () => {
    const message = batch({})
    message.series.push({ p: 'm1/energy', s: 2, t: [0], v: [null] })
    const { taken, held } = takeIn(message, lookup, now)
    expect([taken, held]).toEqual([[], [expect.objectContaining({ why: 'qualityMismatch', readings: 3 })]])
  })
})

describe('spanOf', () => {
  it('counts and spans', () => {
    expect(spanOf(batch({ t: [5, -10] }))).toEqual({
      readings: 2,
      events: 0,
      firstMs: now - 5,
      lastMs: now + 5,
    })
  })
  it('knows no span of an empty batch or of instants that are none', () => {
    expect(spanOf({ ...batch({}), series: [] })).toEqual({
      readings: 0,
      events: 0,
      firstMs: null,
      lastMs: null,
    })
    expect(spanOf(batch({ t: [0, Number.MAX_SAFE_INTEGER] })).lastMs).toBeNull()
  })
})

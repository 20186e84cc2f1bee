import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PointValue } from '@courtyard/protocols/contract'
import { LiveValues } from './live-values.ts'

const published: (readonly PointValue[])[] = []
const watched = new Set<number>()
const bus = {
  publishValues: (values: readonly PointValue[]) => void published.push(values),
  isWatched: (pointId: number) => watched.has(pointId),
  get anyWatched() {
    return watched.size > 0
  },
}
const value = (pointId: number, mantissa: number | null, atMs = 0) => ({
  pointId,
  mantissa,
  atMs,
  scale: 2,
  quality: mantissa === null ? 3 : 0,
  batchId: 1n,
})

beforeEach(() => {
  vi.useFakeTimers()
  published.length = 0
  watched.clear()
})
afterEach(() => vi.useRealTimers())

it('passes on the newest of what is watched, twice a second at most', () => {
  watched.add(1)
  const live = new LiveValues(bus)
  for (let i = 0; i < 100; i++) {
    live.add([value(1, i, i), value(2, i, i)])
    vi.advanceTimersByTime(10)
  }
  expect(published).toHaveLength(2)
  expect(published[0]).toEqual([{ pointId: 1, at: '1970-01-01T00:00:00.049Z', value: '0.49', quality: 0 }])
  live.stop()
})

it('does nothing while nobody watches, and shows failed readings as such', () => {
  const live = new LiveValues(bus)
  live.add([value(1, 5)])
  vi.advanceTimersByTime(2_000)
  expect(published).toEqual([])
  watched.add(1)
  live.add([value(1, null)])
  vi.advanceTimersByTime(500)
  expect(published[0]).toMatchObject([{ value: null, quality: 3 }])
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Thinner, type Sample } from './thinning.ts'

function thin(samples: readonly Sample[], toMs: number, maxPoints: number) {
  const thinner = new Thinner(0, toMs, maxPoints)
  for (const sample of samples) thinner.add(sample)
  return { thinned: thinner.thinned, samples: thinner.finish() }
}

const sample = (atMs: number, mantissa: number | null): Sample => ({ atMs, mantissa, quality: 0 })

it('leaves what fits as it is', () => {
  const samples = [sample(0, 1), sample(1, null), sample(9, 2)]
  expect(thin(samples, 10, 10)).toEqual({ thinned: false, samples })
})

it('keeps first, lowest, highest and last of a bucket', () => {
  const samples = [5, 6, 1, 4, 9, 3, 2, 7, 8, 5, 6].map((value, at) => sample(at, value))
  expect(thin(samples, 100, 5).samples.map((s) => s.mantissa)).toEqual([5, 1, 9, 6])
})

it('keeps a gap as a gap', () => {
  const samples = Array.from({ length: 40 }, (_, i) => sample(i, i >= 20 && i < 30 ? null : i))
  const kept = thin(samples, 40, 20).samples
  expect(kept.find((s) => s.mantissa === null)?.atMs).toBe(20)
})

it('stays within the bound, in order, and loses no peak', () => {
  const samples = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 9_999 }), fc.option(fc.integer())), { maxLength: 500 })
    .map((rows) => rows.sort((a, b) => a[0] - b[0]).map(([at, value]) => sample(at, value)))
  fc.assert(
    fc.property(samples, fc.integer({ min: 10, max: 100 }), (all, maxPoints) => {
      const { samples: kept } = thin(all, 10_000, maxPoints)
      const values = (list: readonly Sample[]) =>
        list.flatMap((s) => (s.mantissa === null ? [] : [s.mantissa]))
      expect(kept.length).toBeLessThanOrEqual(maxPoints)
      expect(kept.every((s, i) => i === 0 || s.atMs >= kept[i - 1]!.atMs)).toBe(true)
      expect(Math.max(...values(kept))).toBe(Math.max(...values(all)))
      expect(Math.min(...values(kept))).toBe(Math.min(...values(all)))
    }),
  )
})

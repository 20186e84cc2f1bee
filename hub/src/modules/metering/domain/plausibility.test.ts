import { expect, it } from 'vitest'
import { decimalOf } from './decimal.ts'
import { checkIndex } from './plausibility.ts'
import type { Register } from './pairs.ts'
import type { Read } from './reads.ts'

const register: Register = {
  scale: 0,
  modulus: 1_000_000n,
  maxPerHour: 50n,
  jitter: 1n,
  multiplier: decimalOf('1'),
}
const HOUR = 3_600_000
const read = (hours: number, index: bigint): Read => ({
  atMs: hours * HOUR,
  index,
  source: 'feed',
  batchId: '1',
  rank: 1n,
})
const reasons = (before: Read | null, index: bigint, after: Read | null) =>
  checkIndex(register, before, HOUR, index, after).map(({ code }) => code)

it('lets an index lie between its neighbours, on them, or within the jitter', () => {
  expect(reasons(read(0, 100n), 120n, read(2, 150n))).toEqual([])
  expect(reasons(read(0, 100n), 100n, read(2, 100n))).toEqual([])
  expect(reasons(read(0, 100n), 99n, null)).toEqual([])
  expect(reasons(null, 5n, null)).toEqual([])
})

it('says what is wrong with it', () => {
  expect(reasons(read(0, 100n), 90n, null)).toEqual(['read.below_before'])
  expect(reasons(read(0, 100n), 152n, null)).toEqual(['read.too_much_since'])
  expect(reasons(null, 160n, read(2, 150n))).toEqual(['read.above_after'])
  expect(reasons(read(0, 100n), 120n, read(2, 180n))).toEqual(['read.too_much_until'])
  expect(checkIndex(register, read(0, 100n), HOUR, 90n, null)).toEqual([
    { code: 'read.below_before', index: '90', before: '100', at: '1970-01-01T00:00:00.000Z' },
  ])
})

it('knows a rollover', () => {
  expect(reasons(read(0, 999_990n), 10n, null)).toEqual([])
  expect(reasons(read(0, 999_900n), 10n, null)).toEqual(['read.below_before'])
})

it('lets a read settle a dispute of its neighbours when it fits one of them', () => {
  expect(reasons(read(0, 500n), 510n, read(2, 3n))).toEqual([])
  expect(reasons(read(0, 500n), 200n, read(2, 3n))).toEqual(['read.below_before', 'read.above_after'])
})

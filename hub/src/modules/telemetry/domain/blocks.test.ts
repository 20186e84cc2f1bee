import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, expandBlock, MAX_BLOCK_READINGS, mergeRuns, toBlocks, utcDay, type Run } from './blocks.ts'

const noon = Date.UTC(2026, 10, 21, 12)

function run(batchId: bigint, ...readings: [number, number | null, number?][]): Run {
  return {
    batchId,
    atMs: readings.map(([at]) => noon + at),
    mantissas: readings.map(([, mantissa]) => mantissa),
    qualities: readings.map(([, , quality]) => quality ?? 0),
  }
}

describe('toBlocks', () => {
  it('makes one block of the readings of one batch', () => {
    expect(toBlocks([run(7n, [0, 100], [1_000, 101])])).toEqual([
      {
        firstMs: noon,
        lastMs: noon + 1_000,
        offsets: [0, 1_000],
        mantissas: [100, 101],
        qualities: null,
        batchId: 7n,
        batches: null,
      },
    ])
  })

  it('sorts late readings between the others and remembers who brought them', () => {
    const [block] = toBlocks([run(9n, [0, 1], [2_000, 3], [3_000, null, 3]), run(7n, [1_000, 2])])
    expect(block).toMatchObject({
      offsets: [0, 1_000, 2_000, 3_000],
      mantissas: [1, 2, 3, null],
      qualities: [0, 0, 0, 3],
      batchId: 7n,
      batches: [2, 0, 2, 2],
    })
  })

  it('writes batches as runs where that is shorter', () => {
    const late = run(9n, [1, 1], [2, 2], [3, 3], [4, 4])
    const [block] = toBlocks([late, run(8n, [0, 0])])
    expect(block).toMatchObject({ batchId: 8n, batches: [0, 1, 1, 4] })
    const [single] = toBlocks([run(5n, [0, 1]), run(6n, [1, 2]), run(9n, [2, 3])])
    expect(single).toMatchObject({ batchId: 5n, batches: [0, 1, 4] })
  })

  it('cuts at UTC midnight, before 1970 too', () => {
    expect(toBlocks([run(1n, [DAY_MS / 2 - 1, 1], [DAY_MS / 2, 2])])).toHaveLength(2)
    const old: Run = { batchId: 1n, atMs: [-1, 0], mantissas: [1, 2], qualities: [0, 0] }
    expect(toBlocks([old])).toHaveLength(2)
  })

  it('cuts where batch numbers are too far apart for the column', () => {
    const blocks = toBlocks([run(1n, [0, 1]), run(1n + 2n ** 31n, [1, 2]), run(2n + 2n ** 31n, [2, 3])])
    expect(blocks.map((block) => block.mantissas)).toEqual([[1], [2, 3]])
  })
})

const anyRun: fc.Arbitrary<Run> = fc
  .record({
    batchId: fc.bigInt(1n, 50n),
    readings: fc.array(
      fc.tuple(
        fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }),
        fc.option(fc.maxSafeInteger()),
        fc.integer({ min: 0, max: 5 }),
      ),
      { minLength: 1, maxLength: 40 },
    ),
  })
  .map(({ batchId, readings }) => run(batchId, ...readings))

describe('blocks and readings', () => {
  it('expand to what went in, in time order, within one day each', () => {
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 8 }), (runs) => {
        const blocks = toBlocks(runs)
        const readings = blocks.map(expandBlock)
        expect({
          atMs: readings.flatMap((r) => r.atMs),
          mantissas: readings.flatMap((r) => r.mantissas),
          qualities: readings.flatMap((r) => r.qualities),
          batchIds: readings.flatMap((r) => r.batchIds),
        }).toEqual(mergeRuns(runs))
        for (const block of blocks) {
          expect(utcDay(block.firstMs)).toBe(utcDay(block.lastMs))
          expect(block.firstMs + block.offsets.at(-1)!).toBe(block.lastMs)
          expect(block.offsets.length).toBeLessThanOrEqual(MAX_BLOCK_READINGS)
        }
      }),
    )
  })
})

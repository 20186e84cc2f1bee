import { expect, test } from 'vitest'
import { fuzz } from './fuzz-run.ts'
import { allTargets } from './targets.ts'

/** The bench feeds a million each. */
const INPUTS = 2_000

test.each(allTargets())(
  '$codec: wrong inputs are refused, right ones taken, nothing else happens',
  async (target) => {
    const { accepted, rejected } = await fuzz(target, INPUTS, 1)
    expect(accepted + rejected).toBe(INPUTS)
    expect(rejected).toBeGreaterThan(0)
    expect(accepted, 'no input got through: the seeds are not of this codec').toBeGreaterThan(0)
  },
)

test('a codec that throws something else is found, with the input', async () => {
  const broken = { codec: 'broken', seeds: [Uint8Array.of(1, 2, 3)], take: (input: Uint8Array) => input[99_999]!.toFixed() !== '' } // prettier-ignore
  await expect(fuzz(broken, 10, 1)).rejects.toThrow(/^broken: input 0 of seed 1: TypeError/)
})

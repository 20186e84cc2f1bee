/**
 * `npm run bench:fuzz`: a million wrong inputs (`--inputs`) for everything that takes bytes from outside. Ends at the
 * first fault with the input that showed it. One JSON line per codec; `heapGrowthKb` is measured after collections.
 */
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz/fuzz-run.ts'
import { allTargets } from './fuzz/targets.ts'

const { values: flags } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    codec: { type: 'string' },
  },
})

/** A reader may hold a frame; the rest of what grows between two collections is the engine's own. */
const MAX_GROWTH_KB = 2_048

const targets = allTargets().filter(({ codec }) => flags.codec === undefined || codec === flags.codec)
if (targets.length === 0) throw new Error(`there is no codec ${flags.codec}`)
for (const target of targets) {
  const result = await fuzz(target, Number(flags.inputs), Number(flags.seed))
  console.log(JSON.stringify(result))
  if ((result.heapGrowthKb ?? 0) > MAX_GROWTH_KB) throw new Error(`${target.codec} grows`)
}

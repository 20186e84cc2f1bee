/** `npm run fault:kill [-- --rounds 10 --seed 1]`: nothing lost, nothing doubled. Last line: JSON. */
import { parseArgs } from 'node:util'
import { runFaults } from './kill-run.ts'

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string' } },
})
const seed = flags.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(flags.seed)
console.log(`seed ${seed} (repeat with --seed ${seed})`)
const result = await runFaults(Number(flags.rounds), seed, (text) => console.log(text))
console.log(JSON.stringify(result))
process.exit(result.lost === 0 && result.duplicated === 0 && result.wrong === 0 ? 0 : 1)

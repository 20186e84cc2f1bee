/** `npm run fault:commands [-- --rounds 90 --seed 1 --moment replied]`: no command is done twice. Last line: JSON. */
import { parseArgs } from 'node:util'
import { moments, runCommandFaults } from './commands/commands-run.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '90' },
    seed: { type: 'string' },
    moment: { type: 'string' },
  },
})
const seed = flags.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(flags.seed)
console.log(`seed ${seed} (repeat with --seed ${seed})`)
const only = moments.filter((moment) => flags.moment === undefined || flags.moment === moment)
const result = await runCommandFaults(Number(flags.rounds), seed, (text) => console.log(text), only)
console.log(JSON.stringify(result))
process.exit(result.twice + result.wrong + result.unanswered === 0 ? 0 : 1)

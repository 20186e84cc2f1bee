/** `npm run check`: the four checks, as many at a time as there are processors, each told when it is done. */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** The longest first. */
const checks = [
  'npm run check -w ui',
  // Rules and types of everything but the console, in one reading
  'oxlint --deny-warnings',
  'eslint ui --max-warnings 0',
  'oxfmt --check',
]

/** Their output would be mixed: it is kept until the end. */
function run(command: string): Promise<boolean> {
  const began = performance.now()
  const child = spawn(command, { cwd: root, shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk))
  return new Promise((resolve) => {
    child.once('error', (error) => output.push(Buffer.from(error.message)))
    child.once('close', (code) => {
      const seconds = Math.round((performance.now() - began) / 1_000)
      process.stdout.write(`${code === 0 ? '✓' : '✗'} ${command} (${seconds} s)\n`)
      if (code !== 0) process.stdout.write(Buffer.concat(output))
      resolve(code === 0)
    })
  })
}

const waiting = [...checks]
async function worker(): Promise<boolean> {
  let good = true
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
    good = (await run(next)) && good
  return good
}

const results = await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, worker))
process.exitCode = results.every(Boolean) ? 0 : 1

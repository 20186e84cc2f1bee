/** Vitest's global setup: the keeper of databases and temporary files runs as long as the test run. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KEEPER_VARIABLE } from './testing-lease.ts'

const compiled = fileURLToPath(new URL('../../../node_modules/.cache/courtyard-test', import.meta.url))
const program = fileURLToPath(new URL('./testing-keeper.ts', import.meta.url))

export default async function setUp(): Promise<() => Promise<void>> {
  // In a group of its own, away from Ctrl-C: it ends when its standard input does, however this process ends
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const exited = once(child, 'exit')
  const [folder] = (await Promise.race([
    once(child.stdout, 'data'),
    exited.then(() => Promise.reject(new Error('the keeper of the test databases did not start'))),
  ])) as [Buffer]
  process.env[KEEPER_VARIABLE] = join(folder.toString().trim(), 'keeper.sock')
  // Programs that are started again and again are compiled once. Written at their very end, so not in the folder
  process.env['NODE_COMPILE_CACHE'] ??= compiled
  // What a worker that is killed leaves behind goes with the rest
  process.env['TMPDIR'] = join(folder.toString().trim(), 'tmp')
  return async () => {
    child.stdin.end()
    await exited
  }
}

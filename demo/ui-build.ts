import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What the built console is made from. */
const SOURCES = [
  'ui/src',
  'ui/messages',
  'ui/static',
  'ui/package.json',
  'protocols/src/contract',
  'package-lock.json',
]
const GENERATED = new Set(['paraglide'])

async function newestMs(path: string): Promise<number> {
  if (!existsSync(path)) return 0
  const found = await stat(path)
  if (!found.isDirectory()) return found.mtimeMs
  const names = (await readdir(path)).filter((name) => !GENERATED.has(name))
  const times = await Promise.all(names.map((name) => newestMs(join(path, name))))
  return Math.max(0, ...times)
}

/** True when there is no built console or a source is newer than it. */
export async function isUiStale(root: string): Promise<boolean> {
  const built = await newestMs(join(root, 'ui/build'))
  if (built === 0) return true
  const sources = await Promise.all(SOURCES.map((path) => newestMs(join(root, path))))
  return Math.max(...sources) > built
}

/** Builds the console; rejects with the builder's own words when it fails. */
export function buildUi(root: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', 'build', '-w', 'ui'], { cwd: root })
    let output = ''
    const keep = (text: Buffer) => (output += text.toString())
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`UI build failed\n${output}`))))
  })
}

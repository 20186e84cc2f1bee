import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

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

/** Builds the console, with what the builder says in `logFile`. False when it failed: an older build still serves. */
export async function buildUi(root: string, logFile: string): Promise<boolean> {
  await mkdir(dirname(logFile), { recursive: true })
  const log = await open(logFile, 'w')
  try {
    const child = spawn('npm', ['run', '--silent', 'build', '-w', 'ui'], {
      cwd: root,
      stdio: ['ignore', log.fd, log.fd],
    })
    const [code] = (await once(child, 'close')) as [number | null]
    return code === 0
  } finally {
    await log.close()
  }
}

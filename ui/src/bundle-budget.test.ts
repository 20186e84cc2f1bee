import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, it } from 'vitest'

const ui = join(import.meta.dirname, '..')
const shell = join(ui, 'build/200.html')
const entries = join(ui, 'build/_app/immutable/entry')

/** Bytes of JavaScript, compressed, that a frame may need before a page adds its own. */
const budgets = [
  { name: 'console', group: '(app)', bytes: 150_000 },
  { name: 'portal', group: '(portal)', bytes: 90_000 },
] as const

beforeAll(() => {
  if (!existsSync(shell)) execFileSync('npm', ['run', 'build'], { cwd: ui, stdio: 'ignore' })
}, 120_000)

/** Files that a module loads before it runs; what it loads later (`import()`) does not count. */
function staticImports(file: string): string[] {
  const code = readFileSync(file, 'utf8')
  const found = [...code.matchAll(/(?:from|import)\s*["'](\.{1,2}\/[^"']+\.js)["']/g)]
  return found.map((match) => join(dirname(file), match[1] ?? ''))
}

/** All that the first page load needs: what the shell names, the frame's own module and what they import. */
function firstLoad(frame: string): Set<string> {
  const files = new Set<string>()
  const add = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const next of staticImports(file)) add(next)
  }
  const html = readFileSync(shell, 'utf8')
  for (const match of html.matchAll(/(?:href|src|import\()=?["']?(\/_app\/[^"')]+\.js)/g))
    add(join(ui, 'build', match[1] ?? ''))
  add(join(ui, 'build/_app/immutable/nodes', frame))
  return files
}

/** Where the layout of a group of routes went: the table of routes in the build names its number. */
function frameOf(group: string): string | undefined {
  const app = readdirSync(entries).find((name) => name.startsWith('app.'))
  const code = readFileSync(join(entries, app ?? ''), 'utf8')
  const routes = [...code.matchAll(/"\/(\([a-z]+\))[^"]*":\[~?\d+,\[(\d+)/g)]
  const node = routes.find(([, name]) => name === group)?.[2]
  return new RegExp(`["'\`]\\.\\./nodes/(${node}\\.[^"'\`]+\\.js)["'\`]`).exec(code)?.[1]
}

for (const { name, group, bytes } of budgets)
  it.skipIf(!existsSync(join(ui, 'src/routes', group)))(
    `keeps the first load of the ${name} within its budget`,
    () => {
      const frame = frameOf(group)
      expect(frame, `no layout of ${group} in the build`).toBeDefined()
      const files = firstLoad(frame ?? '')
      const size = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)
      process.stdout.write(
        `first load of the ${name}: ${files.size} files, ${(size / 1000).toFixed(1)} kB compressed\n`,
      )
      expect(size).toBeLessThan(bytes)
    },
  )

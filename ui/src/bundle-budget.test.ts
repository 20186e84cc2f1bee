import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, it } from 'vitest'

const ui = join(import.meta.dirname, '..')
const shell = join(ui, 'build/200.html')
/** Bytes of JavaScript, compressed, that the frame of the console may need before a page adds its own. */
const BUDGET = 150_000

beforeAll(() => {
  if (!existsSync(shell)) execFileSync('npm', ['run', 'build'], { cwd: ui, stdio: 'ignore' })
}, 120_000)

/** Files that a module loads before it runs; what it loads later (`import()`) does not count. */
function staticImports(file: string): string[] {
  const code = readFileSync(file, 'utf8')
  const found = [...code.matchAll(/(?:from|import)\s*["'](\.{1,2}\/[^"']+\.js)["']/g)]
  return found.map((match) => join(dirname(file), match[1] ?? ''))
}

it('keeps the first load within the budget', () => {
  const html = readFileSync(shell, 'utf8')
  const files = new Set<string>()
  const add = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    for (const next of staticImports(file)) add(next)
  }
  for (const match of html.matchAll(/(?:href|src|import\()=?["']?(\/_app\/[^"')]+\.js)/g))
    add(join(ui, 'build', match[1] ?? ''))
  // The frame itself is the layout of the signed-in pages: node 2 (0 is the root layout, 1 the error page).
  const manifest = readFileSync(
    [...files].find((file) => file.includes('/entry/app.'))!,
    'utf8',
  )
  const frame = /["'](\.\.\/nodes\/2\.[^"']+\.js)["']/.exec(manifest)?.[1]
  if (frame) add(join(ui, 'build/_app/immutable/entry', frame))
  const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)
  process.stdout.write(`first load: ${files.size} files, ${(bytes / 1000).toFixed(1)} kB compressed\n`)
  expect(frame).toBeDefined()
  expect(bytes).toBeLessThan(BUDGET)
})

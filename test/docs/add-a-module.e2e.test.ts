/** The page about modules does what it says: its files make a module in a copy of the hub, which then runs. */
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compile } from 'svelte/compiler'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, root, startProgram, until, type RunningProgram } from '../support/processes.ts'
import { blocksOf } from './how-to.ts'

const PAGE = 'docs/how-to/add-a-module.md'
const MOST_LINES = 150

interface FileBlock {
  readonly language: string
  readonly path: string
  readonly text: string
}
let overlay: string
let files: FileBlock[]
let hub: RunningProgram | null = null

beforeAll(async () => {
  const page = await readFile(join(root, PAGE), 'utf8')
  files = [...page.matchAll(/^```(\w+) file=(.*)\n([\s\S]*?)^```$/gm)].map(([, language, path, text]) => ({
    language: language!,
    path: path!,
    text: text!,
  }))
  overlay = await mkdtemp(join(tmpdir(), 'courtyard-module-'))
})
afterAll(async () => {
  await hub?.stop()
  await rm(overlay, { recursive: true, force: true })
})

test('one folder in the hub and one in the console, fewer than 150 lines with the table', () => {
  const own = files.filter(({ language }) => language !== 'diff')
  const folders = new Set(own.map(({ path }) => path.split('/').slice(0, 4).join('/')))
  expect([...folders]).toEqual([
    'hub/prisma/models/key-handovers.prisma',
    'hub/src/modules/key-handovers',
    'ui/src/routes/(app)',
  ])
  const lines = files.reduce((sum, { text }) => sum + text.trimEnd().split('\n').length, 0)
  expect(lines).toBeLessThan(MOST_LINES)
})

test('its pages are components that compile', () => {
  const pages = files.filter(({ language }) => language === 'svelte')
  expect(pages).toHaveLength(2)
  for (const { path, text } of pages) expect(compile(text, { filename: path }).warnings, path).toEqual([])
})

test('the module runs: table and indexes from the migration, records over HTTP, the page served', async () => {
  await copyHub()
  for (const file of files) await writeBlock(file)
  const blocks = blocksOf(PAGE)
  expect(await bash(blocks[0]!.commands, {})).toContain('Generated Prisma Client')
  const port = String(await freePort())
  const environment = {
    COURTYARD_DATA: join(overlay, 'data'),
    PORT: port,
    MQTT_PORT: String(await freePort()),
    MQTT_TLS_PORT: String(await freePort()),
    ADMIN_PASSWORD: 'not-a-secret-here',
  }
  const command = ['-c', `cd '${overlay}' && exec node hub/src/main.ts`]
  hub = startProgram(command, { command: 'bash', env: environment, group: true })
  const token = await until('setup link', 60_000, () => /setup\?token=([\w.~-]+)/.exec(hub!.output())?.[1])
  // The page builds on the first one: `api`, `first`, PROJECT
  const before = blocksOf('docs/how-to/run-a-site.md').filter(({ service }) => service === null)
  const commands = [...before, ...blocks.slice(1)].map((block) => block.commands).join('\n')
  const output = await bash(commands, { ...environment, SETUP_TOKEN: token })
  expect(output).toContain('配电房钥匙')
  const page = await fetch(`http://127.0.0.1:${port}/key-handovers`)
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toContain('text/html')
})

/** The hub as a copy, everything beside it by link. */
async function copyHub(): Promise<void> {
  const skipped = new Set([join(root, 'hub/node_modules')])
  await cp(join(root, 'hub'), join(overlay, 'hub'), { recursive: true, filter: (path) => !skipped.has(path) })
  for (const name of ['node_modules', 'hub/node_modules', 'ui', 'protocols', 'edge', 'simulators', 'test'])
    await symlink(join(root, name), join(overlay, name))
  await cp(join(root, 'package.json'), join(overlay, 'package.json'))
}

/** Files of the console are looked at above; in the copy it is the built one. */
async function writeBlock({ language, path, text }: FileBlock): Promise<void> {
  if (path.startsWith('ui/')) return
  const target = join(overlay, path)
  if (language === 'diff') return writeFile(target, inserted(await readFile(target, 'utf8'), text))
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, text)
}

/** Lines with `+` come after the line above them. */
function inserted(file: string, diff: string): string {
  const lines = file.split('\n')
  let at = -1
  for (const line of diff.trimEnd().split('\n')) {
    if (line.startsWith('+')) lines.splice(++at, 0, line.slice(1))
    else {
      at = lines.indexOf(line.slice(1))
      if (at < 0) throw new Error(`${PAGE}: there is no line ${line.slice(1)}`)
    }
  }
  return lines.join('\n')
}

/** Runs commands in the copy until one fails. @returns what they printed */
function bash(commands: string, env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', commands], {
      cwd: overlay,
      env: { ...process.env, ...env },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.on('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new Error(`exit code ${code}\n${output}\n${hub?.output() ?? ''}`))
    })
  })
}

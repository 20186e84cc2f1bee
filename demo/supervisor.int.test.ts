import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Supervisor } from './supervisor.ts'

let folder: string
let said: string[]
let givenUp: string[]
let supervisor: Supervisor

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'courtyard-supervisor-'))
  said = []
  givenUp = []
  supervisor = new Supervisor({
    cwd: folder,
    logFolder: join(folder, 'logs'),
    say: (_, en) => said.push(en),
    onGivenUp: (name) => givenUp.push(name),
    onPids: async () => {},
  })
})

afterEach(async () => {
  supervisor.killAll()
  await rm(folder, { recursive: true })
})

async function program(text: string): Promise<{ name: string; args: string[]; env: Record<string, string> }> {
  await writeFile(join(folder, 'program.js'), text)
  return { name: 'program', args: [join(folder, 'program.js')], env: {} }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a program that dies is started again and its lines are seen', async () => {
  const lines: string[] = []
  const spec = await program(`console.log('up', process.pid); setInterval(() => {}, 1000)`)
  await supervisor.start(
    { ...spec, ready: async () => lines.length > 0, onLine: (line) => lines.push(line) },
    5_000,
  )
  const first = supervisor.pids['program']!
  process.kill(first, 'SIGKILL')
  for (let i = 0; i < 50 && lines.length < 2; i++) await delay(100)
  expect(lines).toHaveLength(2)
  expect(supervisor.pids['program']).not.toBe(first)
  expect(said).toEqual(['program ended (SIGKILL), starting it again'])
  const second = supervisor.pids['program']!
  await supervisor.stop([{ names: ['program'], graceMs: 2_000 }])
  expect(alive(second)).toBe(false)
  expect(await readFile(supervisor.logPath('program'), 'utf8')).toContain(`up ${first}`)
})

test('a program that keeps dying is given up', { timeout: 20_000 }, async () => {
  const spec = await program(`process.exit(3)`)
  await supervisor.start({ ...spec, ready: async () => true }, 5_000)
  for (let i = 0; i < 150 && givenUp.length === 0; i++) await delay(100)
  expect(givenUp).toEqual(['program'])
  expect(said.filter((line) => line.includes('starting it again'))).toHaveLength(5)
})

test('a program that does not answer is an error that names its log', async () => {
  const spec = await program(`setInterval(() => {}, 1000)`)
  await expect(supervisor.start({ ...spec, ready: async () => false }, 500)).rejects.toThrow('program.log')
})

test('a program that ignores SIGTERM is killed when its time is over', async () => {
  const spec = await program(
    `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`,
  )
  let up = false
  await supervisor.start({ ...spec, ready: async () => up, onLine: () => (up = true) }, 5_000)
  const pid = supervisor.pids['program']!
  const began = Date.now()
  await supervisor.stop([{ names: ['program'], graceMs: 500 }])
  expect(Date.now() - began).toBeLessThan(2_000)
  expect(alive(pid)).toBe(false)
})

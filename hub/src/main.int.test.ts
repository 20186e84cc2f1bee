import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))
const running: HubProcess[] = []
const folders: string[] = []
afterAll(async () => {
  for (const hub of running) {
    hub.child.kill('SIGTERM')
    await hub.exit
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

interface HubProcess {
  child: ChildProcess
  output: () => string
  /** Exit code; null when killed. */
  exit: Promise<number | null>
  /** Resolves with the first match in what the program prints. */
  says: (pattern: RegExp) => Promise<RegExpExecArray>
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'courtyard-main-'))
  folders.push(folder)
  return folder
}

function start(environment: Record<string, string>): HubProcess {
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
      PORT: '0',
      MQTT_PORT: '0',
      MQTT_TLS_PORT: '0',
      LOG_LEVEL: 'info',
      ...environment,
    },
  })
  let output = ''
  const changed = new EventTarget()
  const hear = (text: Buffer) => {
    output += text.toString()
    changed.dispatchEvent(new Event('text'))
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output)
        if (match) resolve(match)
      }
      changed.addEventListener('text', look)
      void exit.then(() => reject(new Error(`ended without saying ${pattern}: ${output}`)))
      look()
    })
  const hub = { child, output: () => output, exit, says }
  running.push(hub)
  return hub
}

test('a wrong configuration: all faults on standard error, exit code 2, nothing made', async () => {
  const hub = start({ PORT: 'x', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://u:hunter2@h/d' })
  expect(await hub.exit).toBe(2)
  for (const name of ['PORT', 'LOG_LEVEL', 'DATABASE_URL']) expect(hub.output()).toContain(`  ${name}: `)
  expect(hub.output()).not.toContain('hunter2')
})

describe('one life, on one folder', () => {
  const folder = newFolder()
  let hub: HubProcess
  let address: string
  let token: string

  test('killed in the middle of it, it starts again and has everything', async () => {
    const first = start({ COURTYARD_DATA: folder })
    const [, before] = await first.says(/setup\?token=([\w-]+)/)
    first.child.kill('SIGKILL')
    await first.exit
    hub = start({ COURTYARD_DATA: folder })
    const said = await hub.says(/(http:\/\/localhost:\d+)\/setup\?token=([\w-]+)/)
    ;[address, token] = [said[1]!, said[2]!]
    expect(token).not.toBe(before)
    expect(hub.output()).not.toContain('migration applied')
  })

  test('a second hub on the same folder is refused with a reason; the first goes on', async () => {
    const second = start({ COURTYARD_DATA: folder })
    expect(await second.exit).toBe(1)
    expect(second.output()).toContain('database.in_use')
    expect((await fetch(`${address}/api/health/live`)).status).toBe(200)
  })

  test('from the link to the administrator; stopped by Ctrl-C in time; goes on where it was', async () => {
    const form = { token, username: 'root', displayName: 'Root', password: 'correct horse' }
    const answer = await fetch(`${address}/api/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: address },
      body: JSON.stringify(form),
    })
    expect(answer.status).toBe(200)
    const asked = performance.now()
    hub.child.kill('SIGINT')
    expect(await hub.exit).toBe(0)
    expect(performance.now() - asked).toBeLessThan(5_500)
    const next = start({ COURTYARD_DATA: folder })
    const [, again] = await next.says(/Courtyard hub [\d.]+ at (http:\/\/localhost:\d+)/)
    expect(await (await fetch(`${again}/api/setup`)).json()).toEqual({ needed: false })
    const health = await fetch(`${again}/api/health`, { headers: { 'accept-language': 'en' } })
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({
      status: 'ok',
      checks: { database: { detail: 'own server' } },
    })
    expect(next.output()).not.toContain('/setup?token=')
  })
})

test('a stop that comes during the start leaves nothing running', async () => {
  const hub = start({ COURTYARD_DATA: newFolder(), LOG_LEVEL: 'info' })
  await hub.says(/migration applied/)
  hub.child.kill('SIGTERM')
  expect(await hub.exit).toBe(0)
  expect(hub.output()).toContain('"msg":"stopped"')
})

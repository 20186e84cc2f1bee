/** The program as a person starts it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parse } from 'yaml'

const program = join(import.meta.dirname, '../bin/courtyard-simulator.ts')
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
})

function start(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, ...env } })
  children.push(child)
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const firstLine = new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
  )
  return { child, output, ended, firstLine }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'says one line when ready and leaves cleanly on %s, even with a client',
  async (signal) => {
    const { child, output, ended, firstLine } = start([
      '--port-base',
      '0',
      '--control-port',
      '0',
      '--meters',
      '20',
    ])
    expect(await firstLine).toMatch(
      /^courtyard-simulator ready: 20 meters, Modbus TCP 127\.0\.0\.1:[\d,]+, control http:\/\/127\.0\.0\.1:\d+\n$/,
    )
    const url = /control (\S+)/.exec(output.out)![1]!
    expect((await fetch(`${url}/stats`)).status).toBe(200)
    child.kill(signal)
    expect(await ended).toBe(0)
    expect(output.err).toBe('')
  },
)

test('all faults of flags and environment at once, exit code 2', async () => {
  const { output, ended } = start(['--seed', 'x', '--meters', '99999', '--bogus', 'word', '--port-base'], {
    COURTYARD_SIMULATOR_CONTROL_PORT: '70000',
  })
  expect(await ended).toBe(2)
  for (const path of [
    '--seed',
    '--meters',
    '--bogus',
    'word',
    '--port-base',
    'COURTYARD_SIMULATOR_CONTROL_PORT',
  ]) {
    expect(output.err).toMatch(new RegExp(`^  ${path}: .+$`, 'm'))
  }
})

test('a port that is taken is told, exit code 1', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => holder.once('listening', resolve))
  const { port } = holder.address() as { port: number }
  const { output, ended } = start(['--port-base', '0', '--control-port', String(port)])
  expect(await ended).toBe(1)
  expect(output.err).toContain('EADDRINUSE')
  holder.close()
})

test('--site-yaml prints the edge’s configuration', async () => {
  const { output, ended } = start([
    '--site-yaml',
    '--port-base',
    '20000',
    '--hub-url',
    'http://hub:1',
    '--enrolment-token',
    'one-time-token-1',
  ])
  expect(await ended).toBe(0)
  const site: unknown = parse(output.out)
  expect(site).toMatchObject({
    hub: { url: 'http://hub:1', enrolmentToken: 'one-time-token-1' },
    buses: expect.arrayContaining([
      expect.objectContaining({ key: 'plant', transport: { type: 'tcp', host: '127.0.0.1', port: 20_008 } }),
    ]),
    devices: expect.arrayContaining([
      expect.objectContaining({ key: 'b1-0101-e', profile: 'eastron-sdm630', address: { unitId: 1 } }),
    ]),
  })
})

test('--help tells every flag', async () => {
  const { output, ended } = start(['--help'])
  expect(await ended).toBe(0)
  for (const flag of ['seed', 'port-base', 'control-port', 'meters', 'site-yaml', 'hub-url'])
    expect(output.out).toContain(`--${flag} `)
})

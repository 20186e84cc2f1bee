/** What the command line says and how it ends, run as a process. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AgentProcess, runCommand, writeSite } from './testing/agent-process.ts'

vi.setConfig({ testTimeout: 60_000 })

let folder: string
let config: string
let agent: AgentProcess | null = null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-edge-'))
  // Nobody listens at these addresses: the command line is what matters here.
  const meter = { key: 'm1', endpoint: 'b1', port: 1, unitId: 1, profile: 'eastron-sdm630' }
  config = writeSite({ folder, meters: [meter], hubUrl: 'http://127.0.0.1:1' })
})
afterEach(async () => {
  await agent?.end('SIGKILL')
  agent = null
  rmSync(folder, { recursive: true })
})

function edit(from: string, to: string): void {
  const text = readFileSync(config, 'utf8')
  expect(text).toContain(from)
  writeFileSync(config, text.replace(from, to))
}

test('--help tells every command', () => {
  const { code, out } = runCommand(['--help'])
  expect(code).toBe(0)
  for (const word of ['--config', 'check', 'import', 'config-reference']) expect(out).toContain(word)
})

test.each([
  [['run'], /--config is missing/],
  [['frobnicate', '--config', 'x'], /no command "frobnicate"/],
  [['--confg', 'x'], /--confg/],
  [['--config', '/nowhere/site.yaml'], /\/nowhere\/site\.yaml has 1 fault[^]*cannot be read: ENOENT/],
])('%j ends with code 2 and says why', (args, message) => {
  const { code, err } = runCommand(args)
  expect(code).toBe(2)
  expect(err).toMatch(message)
})

test('a file from Windows, with byte order mark and CRLF, is read; faults keep their lines', () => {
  writeFileSync(config, `\uFEFF${readFileSync(config, 'utf8').replaceAll('\n', '\r\n')}`)
  expect(runCommand(['check', '--config', config])).toMatchObject({ code: 0, err: '' })
  edit('unitId: 1', 'unitId: 300')
  const { code, err } = runCommand(['check', '--config', config])
  expect(code).toBe(2)
  const line = readFileSync(config, 'utf8').split('\n').findIndex((text) => text.includes('unitId')) + 1 // prettier-ignore
  expect(err).toMatch(new RegExp(`line ${line}, devices\\[0\\]\\.address\\.unitId: `))
})

test('a port that is taken and a folder that is none end the agent with the field and the reason', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  edit('statusPort: 0', `statusPort: ${port}`)
  const taken = runCommand(['--config', config])
  await new Promise((resolve) => other.close(resolve))
  expect(taken.code).toBe(1)
  expect(taken.err).toBe(
    `gateway.statusHost, gateway.statusPort: cannot listen on 127.0.0.1:${port}: EADDRINUSE\n`,
  )
  edit('dataDir: ./edge', 'dataDir: ./site.yaml/edge')
  const { code, err } = runCommand(['--config', config])
  expect(code).toBe(1)
  expect(err).toMatch(/^gateway\.dataDir: .*site\.yaml\/edge cannot be used: ENOTDIR/)
})

test('an import from a file that is not there says so, and the folder of an import may be new', () => {
  const { code, err } = runCommand(['import', '--config', config, '--file', join(folder, 'none.ndjson')])
  expect({ code, err }).toEqual({
    code: 1,
    err: `--file ${join(folder, 'none.ndjson')} cannot be read: ENOENT\n`,
  })
  mkdirSync(join(folder, 'a-folder'))
  expect(runCommand(['import', '--config', config, '--file', join(folder, 'a-folder')]).err).toMatch(/EISDIR/)
})

test('a second agent on the same data folder is refused; after kill -9 the folder is free at once', async () => {
  agent = await AgentProcess.start(config)
  const { code, err } = runCommand(['--config', config])
  expect(code).toBe(1)
  expect(err).toMatch(/^gateway\.dataDir: another agent runs on .*edge\n$/)
  expect(runCommand(['import', '--config', config]).code).toBe(0)
  await agent.end('SIGKILL')
  agent = await AgentProcess.start(config)
  expect(await agent.end('SIGTERM')).toBe(0)
})

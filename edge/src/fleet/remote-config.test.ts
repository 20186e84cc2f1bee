/** Trials of a configuration: what ends them well, and what leads back. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConfigReport, ManagedConfig } from '@courtyard/protocols/contract'
import { systemClock } from '../clock.ts'
import type { SiteConfig } from '../config/index.ts'
import { silentLogger } from '../log.ts'
import { ConfigSource } from './config-source.ts'
import { RemoteConfig } from './remote-config.ts'

let folder: string
let remote: RemoteConfig
let running: SiteConfig
let applied: (string | null)[]
let reports: ConfigReport[]
let connected: boolean
let applyFails: boolean
let source: ConfigSource

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-remote-'))
  const file = join(folder, 'site.yaml')
  writeFileSync(file, JSON.stringify({ gateway: { name: 'box', dataDir: './data' } }))
  source = new ConfigSource(file, () => systemClock.nowMs())
  running = source.load()
  applied = []
  reports = []
  connected = true
  applyFails = false
  remote = new RemoteConfig({
    source,
    clock: systemClock,
    logger: silentLogger(),
    running: () => running,
    apply: (site) => {
      applied.push(site.source.revision)
      running = site
      return applyFails && site.source.revision !== null
        ? Promise.reject(new Error('no such port'))
        : Promise.resolve()
    },
    connected: () => connected,
    publish: (report) => connected && Boolean(reports.push(report)),
    trial: { settleMs: 30, keepMs: 90, reachHubMs: 150 },
  })
})
afterEach(async () => {
  await remote.stop()
  rmSync(folder, { recursive: true })
})

const bus = { key: 'b1', driver: 'modbus', transport: { type: 'tcp', host: 'h', port: 1 } }
const config = (more: Partial<ManagedConfig> = {}): ManagedConfig => ({ buses: [bus], devices: [], ...more })
function send(managed = config(), revision: string = randomUUID()): string {
  remote.handle({ v: 1, revision, config: managed })
  return revision
}
const states = () => reports.map(({ state, revision }) => `${state} ${revision}`)
const until = (condition: () => unknown) =>
  expect.poll(condition, { interval: 5, timeout: 5_000 }).toBeTruthy()

test('what works is reported when it has proved itself, and again when asked', async () => {
  const revision = send()
  await until(() => applied.length === 1)
  send(config(), revision)
  await until(() => states().includes(`running ${revision}`))
  expect(states()).toHaveLength(1)
  send(config(), revision)
  await until(() => states().length === 2)
  expect(applied).toEqual([revision])
  // The way back stays open a little longer.
  expect(source.onTrial).toBe(true)
  await until(() => !source.onTrial)
  expect(states()).toHaveLength(2)
})

test('what does not come up is rolled back at once', async () => {
  applyFails = true
  const revision = send()
  await until(() => reports.length === 2)
  expect(states()).toEqual([`rolledBack ${revision}`, 'running null'])
  expect(reports[0]!.issues[0]!.reason).toMatch(/no such port/)
  expect(applied).toEqual([revision, null])
  // The hub had not heard of it and sends it again: an echo, no second try.
  send(config(), revision)
  await until(() => reports.length === 3)
  expect(applied).toHaveLength(2)
})

test('a changed uplink that loses the hub is rolled back; the report follows when the hub is there again', async () => {
  const revision = send(config({ uplink: { inFlightBatches: 2 } }))
  await until(() => applied.length === 1)
  connected = false
  await until(() => applied.length === 2)
  expect(applied).toEqual([revision, null])
  expect(reports).toEqual([])
  connected = true
  remote.connected()
  expect(states()).toEqual([`rolledBack ${revision}`, 'running null'])
  expect(reports[0]!.issues).toMatchObject([
    { path: 'uplink', reason: expect.stringMatching(/not reached/) as string },
  ])
})

test('a changed uplink with the hub still there, and other changes without it, stay', async () => {
  const first = send(config({ uplink: { inFlightBatches: 2 } }))
  await until(() => states().includes(`running ${first}`))
  connected = false
  const second = send(config({ uplink: { inFlightBatches: 2 }, outbox: { flushMs: 100 } }))
  await until(() => running.source.revision === second && !source.onTrial)
  expect(applied).toEqual([first, second])
})

test('one after the other, in the order in which they came', async () => {
  const sent = [send(), send(config({ outbox: { flushMs: 100 } })), send(config({ outbox: { flushMs: 5 } }))]
  await until(() => states().includes(`refused ${sent[2]}`))
  expect(applied).toEqual(sent.slice(0, 2))
  await until(() => states().includes(`running ${sent[1]}`))
})

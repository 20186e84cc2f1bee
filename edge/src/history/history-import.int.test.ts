/** Import by the real command, into a real outbox, alone and beside a running agent. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { decodeBatch, readingsOf } from '@courtyard/protocols/wire'
import { systemClock } from '../clock.ts'
import { silentLogger } from '../log.ts'
import { Outbox } from '../outbox/index.ts'
import { AgentProcess, readOutbox, runCommand, writeSite } from '../testing/agent-process.ts'
import { HubPeer } from '../testing/hub-peer.ts'
import type { SimulatedMeter } from '../testing/simulator-process.ts'
import { cutByPoint } from './history-import.ts'

let folder: string
let config: string
let history: string
const ends: (() => Promise<unknown>)[] = []

/** Meters of which the history speaks; nobody answers at their port. */
const meters: SimulatedMeter[] = Array.from({ length: 20 }, (_, i) => ({
  key: `m${i}`,
  endpoint: 'b1',
  port: 1,
  unitId: i + 1,
  profile: 'eastron-sdm630',
}))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-import-'))
  config = writeSite({ folder, meters, hubUrl: 'http://127.0.0.1:1', intervalMs: 60_000 })
  history = join(folder, 'history.ndjson')
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  rmSync(folder, { recursive: true })
})

const startMs = Date.UTC(2025, 0, 1)
/** Grows by about 0.25 in each quarter of an hour, unevenly. */
function valueOf(instant: number, unitId: number): string {
  let mixed = Math.imul((instant * 31 + unitId) ^ 0x5bd1e995, 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b)
  const noise = ((mixed ^ (mixed >>> 13)) >>> 4) % 25
  return ((100_000 + instant * 25 + noise) / 100).toFixed(2)
}
/** Time-major, as data loggers write: every meter at every instant. */
function lines(instants: number, from = 0): string[] {
  const list: string[] = []
  for (let i = from; i < from + instants; i++) {
    const at = new Date(startMs + i * 900_000).toISOString()
    for (const { key, unitId } of meters) {
      list.push(`{"point":"${key}/energyImport","at":"${at}","value":"${valueOf(i, unitId)}"}`)
    }
  }
  return list
}
const importFile = () => runCommand(['import', '--config', config, '--file', history])

function sealed(): Reading[][] {
  const outbox = new Outbox({
    file: join(folder, 'edge', 'outbox.sqlite'),
    limits: { maxBytes: 1e12, maxAgeMs: 1e12 },
    moveDamagedAside: false,
    clock: systemClock,
    logger: silentLogger(),
  })
  const batches = outbox.oldest(1e6).map(({ sequence }) => readingsOf(decodeBatch(outbox.payload(sequence)!)))
  outbox.close()
  return batches
}

test('before the agent ever ran: lines become batches with long runs of few points', () => {
  writeFileSync(history, `${lines(300).join('\n')}\n`)
  const { code, out, err } = importFile()
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(JSON.parse(out)).toMatchObject({ lines: 6_000, imported: 6_000, alreadyImported: 0, badLines: 0 })
  const batches = sealed()
  expect(batches).toHaveLength(3)
  for (const batch of batches) expect(new Set(batch.map(({ point }) => point)).size).toBeLessThanOrEqual(8)
  const readings = batches.flat()
  expect(readings).toHaveLength(6_000)
  expect(readings).toContainEqual({ point: 'm3/energyImport', atMs: startMs + 7 * 900_000, mantissa: Math.round(Number(valueOf(7, 4)) * 100), scale: 2, quality: Quality.good }) // prettier-ignore
  expect(readOutbox(folder)).toMatchObject({ accepted: 6_000, waiting: 6_000 })
})

test('the same, an overlapping, a longer and a corrected file bring each reading once', () => {
  const all = lines(40)
  const corrupt = [...all]
  corrupt[5] = corrupt[5]!.replace('"value":"', '"value":"x')
  writeFileSync(history, corrupt.slice(0, 400).join('\n'))
  expect(importFile()).toMatchObject({ code: 1, err: expect.stringMatching(/^line 6: value: "x/) })
  expect(importFile().code).toBe(1)
  expect(readOutbox(folder).accepted).toBe(399)
  writeFileSync(history, all.join('\n'))
  expect(JSON.parse(importFile().out)).toMatchObject({ imported: 401, alreadyImported: 399, badLines: 0 })
  writeFileSync(history, lines(40, 20).join('\n'))
  expect(JSON.parse(importFile().out)).toMatchObject({ imported: 400, alreadyImported: 400 })
  const names = sealed().flat().map(({ point, atMs }) => `${point}@${atMs}`) // prettier-ignore
  expect(names).toHaveLength(1_200)
  expect(new Set(names).size).toBe(1_200)
})

test('bad lines are listed with number and reason, good ones are kept', () => {
  const input = [
    '',
    lines(1)[0],
    'rubbish',
    lines(1)[1],
    '{"point":"m0/nothing","at":"2026-01-01T00:00:00Z","value":"1"}',
  ]
  const { code, out, err } = runCommand(['import', '--config', config], input.join('\n'))
  expect(code).toBe(1)
  expect(err.trim().split('\n')).toEqual([
    'line 3: is not JSON',
    'line 5: point: there is no point "m0/nothing" in the site file',
  ])
  expect(JSON.parse(out)).toMatchObject({ lines: 4, imported: 2, badLines: 2 })
})

test('an import never evicts what waits: at the byte limit it stops, and goes on when repeated', () => {
  const limited = (maxBytes: number) =>
    writeSite({ folder, meters, hubUrl: 'http://127.0.0.1:1', intervalMs: 60_000, outbox: { maxBytes } })
  writeFileSync(history, lines(6_000).join('\n'))
  limited(65_536)
  const { code, err } = importFile()
  expect(code).toBe(1)
  expect(err).toMatch(/holds its limit of 65536 bytes/)
  const stopped = readOutbox(folder)
  expect(stopped.accepted).toBeGreaterThan(2_000)
  expect(stopped).toMatchObject({ dropped: 0, waiting: stopped.accepted })
  limited(100_000_000)
  expect(JSON.parse(importFile().out)).toMatchObject({ imported: 120_000 - stopped.accepted, alreadyImported: stopped.accepted }) // prettier-ignore
}, 60_000)

test('an import that is killed goes on where it was', async () => {
  writeFileSync(history, lines(8_000).join('\n'))
  const program = new URL('../../bin/courtyard-edge.js', import.meta.url).pathname
  const child = spawn(process.execPath, [program, 'import', '--config', config, '--file', history], {
    stdio: 'ignore',
  })
  setTimeout(() => child.kill('SIGKILL'), 700)
  await once(child, 'exit')
  expect(JSON.parse(importFile().out)).toMatchObject({ lines: 160_000, badLines: 0 })
  expect(readOutbox(folder)).toMatchObject({ accepted: 160_000, waiting: 160_000 })
})

test('700,000 lines in one run, in seconds and not in minutes', () => {
  writeFileSync(history, lines(35_000).join('\n'))
  const result = JSON.parse(importFile().out) as { imported: number; seconds: number }
  expect(result.imported).toBe(700_000)
  // Four seconds on an idle machine; tests run on busy ones.
  expect(result.seconds).toBeLessThan(60)
}, 120_000)

test('beside a running agent: the backlog arrives at the hub, every reading once', async () => {
  const hub = await HubPeer.start()
  ends.push(() => hub.stop())
  const hubUrl = `http://127.0.0.1:${hub.httpPort}`
  config = writeSite({ folder, meters, hubUrl, enrolmentToken: hub.token, intervalMs: 60_000 })
  const agent = await AgentProcess.start(config)
  ends.push(() => agent.end('SIGKILL'))
  writeFileSync(history, lines(3_000).join('\n'))
  expect(importFile().code).toBe(0)
  const good = () => hub.readings().filter((reading) => reading.quality === Quality.good)
  await expect.poll(() => good().length, { timeout: 30_000, interval: 100 }).toBe(60_000)
  expect(new Set(good().map(({ point, atMs }) => `${point}@${atMs}`)).size).toBe(60_000)
  expect(await agent.end('SIGTERM')).toBe(0)
}, 60_000)

test('cutByPoint keeps every reading, in time order within a point', () => {
  const readings = Array.from({ length: 9_000 }, (_, i) => ({
    point: `m${i % 7}/x`,
    atMs: 1_000_000 - i,
    mantissa: i,
    scale: 0,
    quality: Quality.good,
  }))
  const batches = cutByPoint(readings)
  expect(batches.flat()).toHaveLength(9_000)
  expect(new Set(batches.flat())).toEqual(new Set(readings))
  for (const batch of batches) {
    for (const [i, reading] of batch.entries()) {
      const before = batch[i - 1]
      if (before?.point === reading.point) expect(reading.atMs).toBeGreaterThan(before.atMs)
    }
  }
})

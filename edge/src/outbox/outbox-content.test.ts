/** Events and checkpoints in the outbox, files of older agents, and what waits for the clock. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Quality, type DeviceEvent, type Reading } from '@courtyard/protocols/contract'
import { decodeBatch, readingsOf } from '@courtyard/protocols/wire'
import { errorCodes } from '../errors.ts'
import { silentLogger } from '../log.ts'
import { Outbox } from './outbox.ts'

let folder: string
let file: string
let nowMs: number
const open: Outbox[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-outbox-'))
  file = join(folder, 'outbox.sqlite')
  nowMs = 1_790_000_000_000
})
afterEach(() => {
  for (const outbox of open.splice(0)) outbox.close()
  rmSync(folder, { recursive: true })
})

function openOutbox(options: { maxBytes?: number; maxAgeMs?: number; maxPages?: number } = {}): Outbox {
  const { maxBytes = 1e9, maxAgeMs = 1e12, maxPages } = options
  const outbox = new Outbox({
    file,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => {} },
    logger: silentLogger(),
    limits: { maxBytes, maxAgeMs },
    maxPages,
    moveDamagedAside: false,
  })
  open.push(outbox)
  return outbox
}

const punch = (id: string, atMs = nowMs): DeviceEvent => ({ type: 'attendance', id, device: 't1', atMs, person: '7', credential: 'face', punch: 'checkIn' }) // prettier-ignore
const reading = (atMs = nowMs): Reading => ({ point: 'm1/a', atMs, mantissa: 5, scale: 0, quality: Quality.good }) // prettier-ignore
const decoded = (outbox: Outbox, sequence: number) => decodeBatch(outbox.payload(sequence)!)

test('readings, events and checkpoints are sealed together', () => {
  const outbox = openOutbox()
  const checkpoints = [
    { deviceKey: 't1', text: '1' },
    { deviceKey: 't1', text: '2' },
  ]
  expect(outbox.seal({ readings: [reading()], events: [punch('a'), punch('b')], checkpoints }, 'live')).toEqual([1]) // prettier-ignore
  expect(decoded(outbox, 1)).toMatchObject({ events: [{ id: 'a' }, { id: 'b' }] })
  expect(openOutbox().checkpoint('t1')).toBe('2')
  expect(outbox.checkpoint('t2')).toBeNull()
  expect(outbox.totals()).toMatchObject({ batches: 1, readings: 1, events: 2, acceptedReadings: 1, acceptedEvents: 2 }) // prettier-ignore
  expect(outbox.oldest(1)).toEqual([{ sequence: 1, size: 3 }])
  outbox.acknowledge([1])
  expect(outbox.totals()).toMatchObject({ events: 0, acceptedEvents: 2, droppedEvents: 0 })
})

test('a checkpoint alone makes no batch', () => {
  const outbox = openOutbox()
  expect(outbox.seal({ checkpoints: [{ deviceKey: 't1', text: 'x' }] }, 'live')).toEqual([])
  expect(outbox.checkpoint('t1')).toBe('x')
  expect(outbox.totals().batches).toBe(0)
})

test('a whole log of events is cut into several batches of one transaction', () => {
  const outbox = openOutbox()
  const events = Array.from({ length: 2_345 }, (_, i) => punch(String(i)))
  const sequences = outbox.seal({ events, checkpoints: [{ deviceKey: 't1', text: 'end' }] }, 'live')
  expect(sequences).toEqual([1, 2, 3])
  expect(sequences.flatMap((sequence) => decoded(outbox, sequence).events ?? [])).toEqual(events)
})

test('a disk that is full takes neither events nor their checkpoint, and the loss is counted', () => {
  const outbox = openOutbox({ maxPages: 64 })
  outbox.seal({ checkpoints: [{ deviceKey: 't1', text: 'before' }] }, 'live')
  const noise = (i: number) => Array.from({ length: 300 }, (_, k) => punch(`${i}-${k}-${Math.sin(i * 1000 + k)}`)) // prettier-ignore
  let sealed = 0
  let refusal: unknown
  while (!refusal) {
    try {
      const checkpoints = [{ deviceKey: 't1', text: String(sealed) }]
      outbox.seal({ events: noise(sealed), checkpoints }, 'live')
      sealed += 1
    } catch (error) {
      refusal = error
    }
  }
  expect(refusal).toMatchObject({ code: errorCodes.outboxDiskFull })
  expect(outbox.checkpoint('t1')).toBe(String(sealed - 1))
  expect(outbox.totals()).toMatchObject({ acceptedEvents: sealed * 300, droppedEvents: 300, droppedReadings: 0 }) // prettier-ignore
  outbox.acknowledge(outbox.oldest(4).map(({ sequence }) => sequence))
  const [sequence] = outbox.seal({ readings: [reading()] }, 'live')
  expect(decoded(outbox, sequence!).dropped).toMatchObject([{ reason: 'disk', readings: 0, events: 300 }])
})

test('events that are dropped for their age are reported with the readings', () => {
  const outbox = openOutbox({ maxAgeMs: 5_000 })
  outbox.seal({ readings: [reading()], events: [punch('a')] }, 'live')
  nowMs += 6_000
  outbox.enforceLimits()
  expect(outbox.totals()).toMatchObject({ droppedReadings: 1, droppedEvents: 1, events: 0 })
  const [sequence] = outbox.seal({}, 'live')
  expect(decoded(outbox, sequence!).dropped).toMatchObject([{ reason: 'age', readings: 1, events: 1 }])
})

test('a file of layout 1 is brought up with all that it holds', () => {
  const packed = readFileSync(new URL('fixtures/outbox-layout-1.sqlite.zst', import.meta.url))
  writeFileSync(file, zstdDecompressSync(packed))
  const outbox = openOutbox()
  expect(outbox.id).toBe('94a3e9ce-357b-4e3a-b8fd-326f2e95414a')
  expect(outbox.totals()).toMatchObject({
    batches: 1,
    readings: 5,
    events: 0,
    acceptedReadings: 15,
    importedReadings: 3,
    droppedReadings: 9,
    acceptedEvents: 0,
  })
  expect(outbox.oldest(9)).toEqual([{ sequence: 5, size: 5 }])
  expect(decoded(outbox, 5)).toMatchObject({ sequence: 5, dropped: [{ readings: 9 }] })
  expect(readingsOf(decoded(outbox, 5))).toHaveLength(5)
  // Numbers go on, and what an import brought is still known.
  expect(outbox.seal({ events: [punch('a')] }, 'live')).toEqual([6])
  const again = Array.from({ length: 3 }, (_, i) => ({ ...reading(1_790_000_006_000 + i), point: 'm2/energyImport' })) // prettier-ignore
  expect(outbox.sealImported([again])).toBe(0)
  outbox.acknowledge([5, 6])
  expect(outbox.totals()).toMatchObject({ batches: 0, readings: 0, events: 0, bytes: 0 })
  open.pop()!.close()
  expect(new DatabaseSync(file).prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
  expect(openOutbox().totals().acceptedReadings).toBe(15)
})

test('a migrated file has the tables of a new one', () => {
  const schemaOf = (path: string) => new DatabaseSync(path).prepare('SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE ? ORDER BY name').all('sqlite_%') // prettier-ignore
  const old = join(folder, 'old.sqlite')
  writeFileSync(old, zstdDecompressSync(readFileSync(new URL('fixtures/outbox-layout-1.sqlite.zst', import.meta.url)))) // prettier-ignore
  openOutbox()
  const fresh = schemaOf(file)
  file = old
  openOutbox()
  expect(schemaOf(old)).toEqual(fresh)
  expect(fresh.length).toBeGreaterThan(10)
})

test('batches that wait for the clock are neither sent nor aged; imports among them are sent', () => {
  const outbox = openOutbox({ maxAgeMs: 60_000 })
  outbox.seal({ readings: [reading()] }, 'live')
  nowMs = 5_000
  outbox.seal({ readings: [reading()] }, 'live')
  outbox.sealImported([[reading(9)]])
  outbox.seal({ readings: [reading()] }, 'live')
  outbox.setClock(false, { from: 2, to: Infinity })
  expect(outbox.oldest(9).map(({ sequence }) => sequence)).toEqual([1, 3])
  expect(outbox.newestLive(0, 9).map(({ sequence }) => sequence)).toEqual([1])
  outbox.setClock(true, { from: 2, to: 5 })
  nowMs = 1_790_000_000_500
  outbox.seal({ readings: [reading()] }, 'live')
  expect(outbox.oldest(9).map(({ sequence }) => sequence)).toEqual([1, 3, 5])
  expect(outbox.newestLive(0, 9).map(({ sequence }) => sequence)).toEqual([5, 1])
  outbox.acknowledge([1])
  outbox.enforceLimits()
  expect(outbox.totals()).toMatchObject({ batches: 4, droppedReadings: 0 })
  outbox.setClock(true, null)
  outbox.enforceLimits()
  expect(outbox.totals()).toMatchObject({ batches: 1, droppedReadings: 3 })
})

test('pages that a backlog leaves behind go back to the disk', () => {
  const outbox = openOutbox()
  const events = Array.from({ length: 1_000 }, (_, i) => punch(`${i}-${Math.sin(i)}-${Math.cos(i)}`))
  for (let i = 0; i < 320; i++) outbox.seal({ events }, 'live')
  const pages = () => Number(outbox.database.prepare('PRAGMA page_count').get()!['page_count'])
  const full = pages()
  outbox.acknowledge(outbox.oldest(1_000).map(({ sequence }) => sequence))
  outbox.enforceLimits()
  expect(pages()).toBeLessThan(full)
  expect(pages()).toBeLessThan(1_500)
})

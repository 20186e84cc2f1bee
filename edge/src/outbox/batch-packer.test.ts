import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Quality, type DeviceEvent, type Reading } from '@courtyard/protocols/contract'
import { decodeBatch, readingsOf } from '@courtyard/protocols/wire'
import { silentLogger } from '../log.ts'
import { ClockStore } from '../time/index.ts'
import { BatchPacker } from './batch-packer.ts'
import { Outbox } from './outbox.ts'

let folder: string
let nowMs: number
let outbox: Outbox
let packer: BatchPacker
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => {} }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-packer-'))
  nowMs = 1_790_000_000_000
  open()
})
afterEach(() => {
  outbox.close()
  rmSync(folder, { recursive: true })
})

function open(): void {
  outbox = new Outbox({
    file: join(folder, 'outbox.sqlite'),
    clock,
    logger: silentLogger(),
    limits: { maxBytes: 1e9, maxAgeMs: 1e12 },
    moveDamagedAside: false,
  })
  packer = new BatchPacker(outbox, clock, silentLogger())
}
/** Half a second of a site with 250 points, at 500 points/s. */
function sealSome(batches: number, change: { scale?: number } = {}): void {
  for (let i = 0; i < batches; i++) {
    const readings = Array.from({ length: 250 }, (_, k): Reading => ({ point: `m${k % 50}/p${Math.floor(k / 50)}`, atMs: nowMs - k, mantissa: i * 100 + k, scale: change.scale ?? 2, quality: k === 7 ? Quality.uncertain : Quality.good })) // prettier-ignore
    const events: DeviceEvent[] = i % 10 === 0 ? [{ type: 'door', id: `${nowMs}`, device: 'd', atMs: nowMs, door: '1', state: 'opened' }] : [] // prettier-ignore
    outbox.seal({ readings, events }, 'live')
    nowMs += 500
  }
}
const rows = () => outbox.oldest(10_000)
const messages = () => rows().map(({ sequence }) => decodeBatch(outbox.payload(sequence)!))
const byPoint = (list: readonly Reading[]) => Object.groupBy(list, ({ point }) => point)
const everything = () => ({
  readings: byPoint(messages().flatMap((message) => readingsOf(message))),
  events: messages().flatMap(({ events }) => events ?? []),
})

test('a minute of small batches becomes some large ones with the same content, in less room', () => {
  sealSome(250)
  const before = everything()
  const totals = outbox.totals()
  nowMs += 31_000
  expect(packer.pack()).toBe(38 * 4)
  packer.pack()
  expect(rows().length).toBeLessThan(50)
  expect(everything()).toEqual(before)
  const { bytes, batches, ...others } = outbox.totals()
  const { bytes: bytesBefore, batches: batchesBefore, ...othersBefore } = totals
  expect(others).toEqual(othersBefore)
  expect([batchesBefore, batches]).toEqual([250, rows().length])
  expect(bytes).toBeLessThan(bytesBefore / 2)
  expect(messages().map(({ sequence }) => sequence)).toEqual(rows().map(({ sequence }) => sequence))
  outbox.acknowledge(rows().map(({ sequence }) => sequence))
  expect(outbox.totals()).toMatchObject({ batches: 0, readings: 0, events: 0, bytes: 0 })
})

test('what may have been sent keeps its content, also over a restart', () => {
  sealSome(50)
  outbox.noteSending(50)
  sealSome(100)
  nowMs += 31_000
  expect(packer.pack()).toBe(0)
  outbox.close()
  open()
  expect(packer.pack()).toBe(0)
  // The connection has ended: what comes now has never been sent.
  outbox.noteNotSending()
  sealSome(100)
  nowMs += 31_000
  expect(packer.pack()).toBeGreaterThan(50)
  expect(rows().slice(0, 150).map(({ size }) => size > 251)).not.toContain(true) // prettier-ignore
})

test('live batches, batches of another clock and another scale are not mixed in', () => {
  sealSome(30)
  const store = new ClockStore(outbox, silentLogger())
  store.begin('boot', 0, true)
  sealSome(50)
  sealSome(50, { scale: 3 })
  const cut = 31
  expect(packer.pack()).toBe(29 + 38)
  nowMs += 31_000
  packer.pack()
  const sequences = rows().map(({ sequence }) => sequence)
  expect(sequences.slice(0, 3)).toEqual([1, cut, cut + 40 - 1])
  for (const message of messages()) expect(new Set(message.series.map(({ s }) => s)).size).toBe(1)
})

test('a packed batch of a wrong clock is put right as a whole', async () => {
  const trueMs = nowMs
  nowMs = 1_000_000
  const store = new ClockStore(outbox, silentLogger())
  const session = store.begin('boot', 0, false)
  sealSome(200)
  const before = everything().readings
  nowMs += 31_000
  expect(packer.pack()).toBeGreaterThan(100)
  const shiftMs = trueMs - 1_000_000
  store.settle({ boot: 'boot', baseMs: 0 }, [{ id: session.id, shiftMs, uncertain: false }])
  while (store.rewriteSome(3));
  const after = everything()
  for (const [point, list] of Object.entries(before)) {
    expect(after.readings[point]).toEqual(list!.map((reading) => ({ ...reading, atMs: reading.atMs + shiftMs }))) // prettier-ignore
  }
  expect(store.held()).toBeNull()
})

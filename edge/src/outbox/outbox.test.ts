import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError, Quality, type Reading } from '@courtyard/protocols/contract'
import { decodeBatch, readingsOf } from '@courtyard/protocols/wire'
import { silentLogger } from '../log.ts'
import { errorCodes } from '../errors.ts'
import { Outbox } from './outbox.ts'
import type { Lane } from './sealed-content.ts'

let folder: string
let file: string
let nowMs: number
const open: Outbox[] = []
const generous = { maxBytes: 1e9, maxAgeMs: 1e12 }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'courtyard-outbox-'))
  file = join(folder, 'outbox.sqlite')
  nowMs = 1_790_000_000_000
})
afterEach(() => {
  for (const outbox of open.splice(0)) outbox.close()
  rmSync(folder, { recursive: true })
})

type OpenOptions = { limits?: typeof generous; maxPages?: number; moveDamagedAside?: boolean }
function openOutbox(options: OpenOptions = {}): Outbox {
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => {} }
  const outbox = new Outbox({
    file,
    clock,
    logger: silentLogger(),
    limits: generous,
    moveDamagedAside: true,
    ...options,
  })
  open.push(outbox)
  return outbox
}

function readings(count: number, atMs = nowMs, point = 'm1/energyImport'): Reading[] {
  return Array.from({ length: count }, (_, i) => ({
    point,
    atMs: atMs + i,
    mantissa: i * 7,
    scale: 2,
    quality: Quality.good,
  }))
}

/** Values that zstd cannot make small (xorshift). */
function incompressible(count: number): Reading[] {
  let state = 0x2545f491
  return readings(count).map((reading) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return { ...reading, mantissa: state }
  })
}

function sealOne(outbox: Outbox, list: readonly Reading[], lane: Lane): number {
  return outbox.seal({ readings: list }, lane)[0]!
}

function decoded(outbox: Outbox, sequence: number) {
  return decodeBatch(outbox.payload(sequence)!)
}

test('what is sealed stands in the file with its number, and survives a new opening', () => {
  const first = openOutbox()
  expect(sealOne(first, readings(3), 'live')).toBe(1)
  expect(sealOne(first, readings(2), 'backlog')).toBe(2)
  const again = openOutbox()
  expect(again.id).toBe(first.id)
  expect(decoded(again, 2)).toMatchObject({ outbox: first.id, sequence: 2 })
  expect(readingsOf(decoded(again, 1))).toEqual(readings(3))
  expect(again.totals()).toMatchObject({ batches: 2, readings: 5, acceptedReadings: 5, oldestAtMs: nowMs })
})

test('a number is never given twice, even when the last batch has left', () => {
  const outbox = openOutbox()
  outbox.acknowledge([sealOne(outbox, readings(1), 'live')])
  expect(outbox.totals()).toMatchObject({ batches: 0, bytes: 0, oldestAtMs: null })
  expect(sealOne(outbox, readings(1), 'live')).toBe(2)
  outbox.acknowledge([2, 2, 77])
  expect(outbox.totals().readings).toBe(0)
})

test('the newest live come first, the oldest of all lanes are the backlog', () => {
  const outbox = openOutbox()
  for (const lane of ['live', 'backlog', 'live', 'backlog', 'live'] as const) {
    sealOne(outbox, readings(1), lane)
    nowMs += 1000
  }
  expect(outbox.newestLive(nowMs - 3500, 9).map((b) => b.sequence)).toEqual([5, 3])
  expect(outbox.oldest(3).map((b) => b.sequence)).toEqual([1, 2, 3])
})

test('beyond the byte limit the oldest are dropped, counted and reported once', () => {
  const outbox = openOutbox()
  for (let i = 0; i < 10; i++) sealOne(outbox, readings(10, nowMs + i * 1000), 'live')
  const perBatch = outbox.totals().bytes / 10
  outbox.setLimits({ maxBytes: perBatch * 4.5, maxAgeMs: 1e12 })
  outbox.enforceLimits()
  expect(outbox.oldest(1)[0]!.sequence).toBe(7)
  expect(outbox.totals()).toMatchObject({ droppedReadings: 60, readings: 40, acceptedReadings: 100 })
  outbox.setLimits(generous)
  const reporting = sealOne(outbox, readings(1), 'live')
  expect(decoded(outbox, reporting).dropped).toEqual([
    { reason: 'full', readings: 60, fromMs: nowMs, toMs: nowMs + 5009 },
  ])
  expect(decoded(outbox, sealOne(outbox, readings(1), 'live')).dropped).toBeUndefined()
})

test('a report is not lost when the batch that carried it is dropped itself', () => {
  const outbox = openOutbox({ limits: { maxBytes: 1e9, maxAgeMs: 5_000 } })
  sealOne(outbox, readings(4), 'live')
  nowMs += 6_000
  outbox.enforceLimits()
  sealOne(outbox, readings(1), 'live') // carries the report of 4
  nowMs += 6_000
  const last = sealOne(outbox, readings(1), 'live') // drops the carrier
  const after = sealOne(outbox, readings(1), 'live')
  expect(decoded(outbox, last).dropped).toBeUndefined()
  expect(decoded(outbox, after).dropped).toMatchObject([{ reason: 'age', readings: 5 }])
  expect(outbox.totals().droppedReadings).toBe(5)
})

test('with the page limit reached, readings are refused, counted, and reported when there is room again', () => {
  const outbox = openOutbox({ maxPages: 64 })
  const random = incompressible(2000)
  let sealed = 0
  let refusal: unknown
  for (let i = 0; i < 100 && !refusal; i++) {
    try {
      sealOne(outbox, random, 'live')
      sealed++
    } catch (error) {
      refusal = error
    }
  }
  expect(refusal).toMatchObject({ code: errorCodes.outboxDiskFull })
  expect(() => sealOne(outbox, random, 'live')).toThrow(AppError)
  expect(outbox.totals()).toMatchObject({ acceptedReadings: sealed * 2000, droppedReadings: 4000 })
  outbox.acknowledge(outbox.oldest(3).map((b) => b.sequence))
  const report = decoded(outbox, sealOne(outbox, readings(1), 'live')).dropped
  expect(report).toMatchObject([{ reason: 'disk', readings: 4000 }])
  expect(outbox.totals()).toMatchObject({ droppedReadings: 4000, acceptedReadings: sealed * 2000 + 1 })
})

test.each([
  ['bytes that are no database', () => writeFileSync(file, 'x'.repeat(10_000))],
  ['a database of another program', () => new DatabaseSync(file).exec('CREATE TABLE t (a)')],
  [
    'our file with a damaged middle',
    () => {
      const outbox = openOutbox()
      for (let i = 0; i < 50; i++) sealOne(outbox, readings(500), 'live')
      open.splice(open.indexOf(outbox), 1)[0]!.close()
      const bytes = Buffer.alloc(4096 * 6, 0xaa)
      writeFileSync(file, bytes, { flag: 'r+' })
    },
  ],
])('%s is moved aside and a new outbox begins', (_name, damage) => {
  damage()
  const outbox = openOutbox()
  expect(sealOne(outbox, readings(1), 'live')).toBe(1)
  expect(readdirSync(folder).some((name) => name.includes('.corrupt-'))).toBe(true)
})

test('an import does not move a damaged file from under an agent', () => {
  writeFileSync(file, 'x'.repeat(10_000))
  expect(() => openOutbox({ moveDamagedAside: false })).toThrow(
    expect.objectContaining({ code: errorCodes.outboxCorrupt }),
  )
  expect(readdirSync(folder)).toEqual(['outbox.sqlite'])
})

test('an outbox of a newer layout is left alone', () => {
  sealOne(openOutbox(), readings(1), 'live')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(() => openOutbox()).toThrow(expect.objectContaining({ code: errorCodes.outboxTooNew }))
})

test('property: accepted = waiting + acknowledged + dropped, in whatever order things happen', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('seal' as const), count: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('ack' as const), which: fc.nat(5) }),
    fc.record({ kind: fc.constant('age' as const), ms: fc.nat(4000) }),
  )
  let round = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      file = join(folder, `property-${round++}.sqlite`)
      const outbox = openOutbox({ limits: { maxBytes: 2_000, maxAgeMs: 8_000 } })
      let acknowledged = 0
      let previous = 0
      for (const action of steps) {
        if (action.kind === 'seal') {
          const sequence = sealOne(outbox, readings(action.count), action.count % 2 ? 'live' : 'backlog')
          expect(sequence).toBeGreaterThan(previous)
          previous = sequence
        } else if (action.kind === 'ack') {
          const batch = outbox.oldest(9)[action.which]
          if (batch) acknowledged += batch.size
          if (batch) outbox.acknowledge([batch.sequence])
        } else {
          nowMs += action.ms
          outbox.enforceLimits()
        }
      }
      const totals = outbox.totals()
      expect(totals.acceptedReadings).toBe(totals.readings + acknowledged + totals.droppedReadings)
      open.pop()!.close()
    }),
    { numRuns: 30 },
  )
})

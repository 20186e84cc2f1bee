import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AckStatus, type AckMessage } from '@courtyard/protocols/contract'
import { silentLogger } from '../log.ts'
import type { PendingBatch } from '../outbox/index.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { BatchSender } from './batch-sender.ts'
import { TokenBucket } from './token-bucket.ts'

const outboxId = '7f0c3f7e-8c55-4d8e-9b55-0d8c5e0e5f11'

/** The port to the outbox, in memory. */
class FakeOutbox {
  readonly id = outboxId
  readonly rows: (PendingBatch & { live: boolean; sealedMs: number })[] = []
  private next = 1
  private readonly clock: FakeClock

  constructor(clock: FakeClock) {
    this.clock = clock
  }

  /** Numbers that were announced before they were sent. */
  readonly announced = new Set<number>()
  sendingEnded = 0

  noteSending(sequence: number): void {
    this.announced.add(sequence)
  }

  noteNotSending(): void {
    this.sendingEnded += 1
  }

  seal(live: boolean, size = 10): number {
    const sequence = this.next++
    this.rows.push({ sequence, size, live, sealedMs: this.clock.nowMs() })
    return sequence
  }

  newestLive(sinceMs: number, limit: number) {
    return this.rows.filter((row) => row.live && row.sealedMs >= sinceMs).reverse().slice(0, limit) // prettier-ignore
  }

  oldest(limit: number) {
    return this.rows.slice(0, limit)
  }

  payload(sequence: number): Uint8Array | null {
    return this.rows.some((row) => row.sequence === sequence) ? Uint8Array.of(sequence) : null
  }

  acknowledge(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const index = this.rows.findIndex((row) => row.sequence === sequence)
      if (index >= 0) this.rows.splice(index, 1)
    }
  }
}

function setUp(settings = { inFlightBatches: 8, backlogReadingsPerSecond: 1_000_000 }) {
  const clock = new FakeClock()
  const outbox = new FakeOutbox(clock)
  const sent: number[] = []
  const sender = new BatchSender({
    outbox,
    clock,
    logger: silentLogger(),
    settings,
    publish: (payload) => sent.push(payload[0]!),
  })
  return { clock, outbox, sender, sent }
}
const ack = (...sequences: number[]): AckMessage => ({
  v: 1,
  batches: sequences.map((sequence) => ({ outbox: outboxId, sequence, status: 'committed' })),
})

test('nothing is sent while there is no session', () => {
  const { outbox, sender, sent } = setUp()
  outbox.seal(true)
  sender.pump()
  expect(sent).toEqual([])
})

test('the newest live first, then the backlog from its oldest', () => {
  const { outbox, sender, sent } = setUp()
  for (const live of [false, true, false, true]) outbox.seal(live)
  sender.connected()
  sender.pump()
  expect(sent).toEqual([4, 2, 1, 3])
})

test('a backlog leaves room in flight, so that live readings never wait for it', () => {
  const { outbox, sender, sent } = setUp()
  for (let i = 0; i < 50; i++) outbox.seal(false)
  sender.connected()
  sender.pump()
  expect(sent).toEqual([1, 2, 3, 4, 5, 6])
  const live = outbox.seal(true)
  sender.pump()
  expect(sent.at(-1)).toBe(live)
  expect(sender.inFlightBatches).toBe(7)
})

test('live batches that are half a minute old join the backlog, oldest first', async () => {
  const { clock, outbox, sender, sent } = setUp()
  outbox.seal(true)
  outbox.seal(true)
  await clock.advance(31_000)
  outbox.seal(true)
  sender.connected()
  sender.pump()
  expect(sent).toEqual([3, 1, 2])
})

test('the backlog keeps to its rate, live readings do not', async () => {
  const { clock, outbox, sender, sent } = setUp({ inFlightBatches: 200, backlogReadingsPerSecond: 100 })
  for (let i = 0; i < 100; i++) outbox.seal(false)
  sender.connected()
  const waitMs = sender.pump()
  expect(sent).toHaveLength(10)
  expect(waitMs).toBeLessThanOrEqual(100)
  outbox.seal(true, 5_000)
  sender.pump()
  expect(sent).toHaveLength(11)
  for (let i = 0; i < 20; i++) {
    await clock.advance(100)
    sender.pump()
  }
  expect(sent).toHaveLength(31)
})

test('without acknowledgement a batch is sent again after ten seconds, with the same identity', async () => {
  const { clock, outbox, sender, sent } = setUp()
  outbox.seal(true)
  sender.connected()
  sender.pump()
  await clock.advance(9_900)
  sender.pump()
  expect(sent).toEqual([1])
  await clock.advance(200)
  sender.pump()
  expect(sent).toEqual([1, 1])
  expect(sender.counters.resentBatches).toBe(1)
})

test('a new session sends all that is not acknowledged again', () => {
  const { outbox, sender, sent } = setUp()
  outbox.seal(false)
  outbox.seal(false)
  sender.connected()
  sender.pump()
  sender.handleAck(ack(1))
  sender.disconnected()
  sender.pump()
  sender.connected()
  sender.pump()
  expect(sent).toEqual([1, 2, 2])
})

test.each(AckStatus.options)('"%s" lets the edge forget the batch', (status) => {
  const { outbox, sender } = setUp()
  outbox.seal(true)
  sender.connected()
  sender.pump()
  sender.handleAck({ v: 1, batches: [{ outbox: outboxId, sequence: 1, status }] })
  expect(outbox.rows).toEqual([])
  expect(sender.counters.acks[status]).toBe(1)
})

test('acknowledgements that are late, double, unknown or for another outbox do no harm', () => {
  const { outbox, sender } = setUp()
  outbox.seal(true)
  outbox.seal(true)
  sender.connected()
  sender.pump()
  sender.handleAck({
    v: 1,
    batches: [{ outbox: '00000000-0000-4000-8000-000000000000', sequence: 1, status: 'committed' }],
  })
  expect(outbox.rows).toHaveLength(2)
  sender.handleAck(ack(1, 1, 99))
  sender.handleAck(ack(1))
  expect(outbox.rows.map((row) => row.sequence)).toEqual([2])
  expect(sender.inFlightBatches).toBe(1)
})

test('an acknowledged batch that cannot be deleted is not sent again, and deleted later', () => {
  const { outbox, sender, sent } = setUp()
  outbox.seal(false)
  const acknowledge = outbox.acknowledge.bind(outbox)
  outbox.acknowledge = () => {
    throw new Error('disk full')
  }
  sender.connected()
  sender.pump()
  sender.handleAck(ack(1))
  sender.pump()
  expect(sent).toEqual([1])
  outbox.acknowledge = acknowledge
  sender.pump()
  expect(outbox.rows).toEqual([])
})

test('property: whatever is lost on the way, everything is acknowledged in the end and never too much in flight', async () => {
  const step = fc.constantFrom('seal', 'sealBacklog', 'pump', 'ackOne', 'ackAll', 'cut', 'wait')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, outbox, sender, sent } = setUp({ inFlightBatches: 4, backlogReadingsPerSecond: 100 })
      sender.connected()
      for (const action of [...steps, 'pump']) {
        if (action === 'seal') outbox.seal(true)
        if (action === 'sealBacklog') outbox.seal(false)
        if (action === 'pump') sender.pump()
        if (action === 'ackOne' && sent.length > 0) sender.handleAck(ack(sent.at(-1)!))
        if (action === 'ackAll') sender.handleAck(ack(...sent))
        if (action === 'wait') await clock.advance(7_000)
        if (action === 'cut') {
          sender.disconnected()
          sender.connected()
        }
        expect(sender.inFlightBatches).toBeLessThanOrEqual(4)
      }
      for (let i = 0; i < 100 && outbox.rows.length > 0; i++) {
        await clock.advance(11_000)
        sender.pump()
        sender.handleAck(ack(...sent))
      }
      expect(outbox.rows).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('property: a token bucket never lets through more than its rate and one second of it', () => {
  const takes = fc.array(fc.record({ afterMs: fc.nat(400), units: fc.integer({ min: 1, max: 80 }) }))
  fc.assert(
    fc.property(takes, (list) => {
      const bucket = new TokenBucket(100, 0)
      let nowMs = 0
      let total = 0
      for (const { afterMs, units } of list) {
        nowMs += afterMs
        if (bucket.take(units, nowMs)) total += units
        expect(total).toBeLessThanOrEqual(100 + nowMs / 10 + 1e-6)
      }
    }),
  )
})

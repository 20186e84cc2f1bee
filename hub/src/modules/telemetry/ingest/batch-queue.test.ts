import { expect, it } from 'vitest'
import { BatchQueue, type ReceivedBatch } from './batch-queue.ts'

const KIB = 1_024

function batch(sequence: number, kib = 1, readings = 0): ReceivedBatch {
  return {
    gatewayId: 'g',
    topic: 't',
    payload: new Uint8Array((kib - 1) * KIB),
    receivedAt: new Date(0),
    message: { v: 1, outbox: 'o', sequence, base: 0, series: [] },
    readings,
    events: 0,
    firstMs: null,
    lastMs: null,
  }
}

/** What a promise has come to by now. */
async function settled<T>(promise: Promise<T>): Promise<T | 'waiting'> {
  return Promise.race([promise, new Promise<'waiting'>((resolve) => setImmediate(() => resolve('waiting')))])
}

it('makes those wait for whom there is no room, and lets them in in order', async () => {
  const queue = new BatchQueue({ maxBytes: 10 * KIB })
  const offers = [batch(1, 6), batch(2, 6), batch(3, 2)].map((each) => queue.offer(each))
  expect(await settled(offers[0]!)).toBe(true)
  // The third would fit, but not before the second
  expect([await settled(offers[1]!), await settled(offers[2]!)]).toEqual(['waiting', 'waiting'])
  expect(queue.waitingBytes).toBe(6 * KIB)
  expect((await queue.take(1_000, 10)).map(({ message }) => message.sequence)).toEqual([1])
  expect(await Promise.all(offers)).toEqual([true, true, true])
  expect((await queue.take(1_000, 10)).map(({ message }) => message.sequence)).toEqual([2, 3])
  expect(queue.waitingBytes).toBe(0)
})

it('takes a batch that is larger than the whole queue', async () => {
  const queue = new BatchQueue({ maxBytes: KIB })
  expect(await queue.offer(batch(1, 50))).toBe(true)
})

it('gives groups up to a number of readings, at least one batch', async () => {
  const queue = new BatchQueue({ maxBytes: KIB * KIB })
  for (const readings of [500, 30, 30, 50]) await queue.offer(batch(1, 1, readings))
  const sizes = []
  for (let i = 0; i < 3; i++) sizes.push((await queue.take(100, 10)).map(({ readings }) => readings))
  expect(sizes).toEqual([[500], [30, 30], [50]])
})

it('turns everybody away when it closes', async () => {
  const queue = new BatchQueue({ maxBytes: KIB })
  await queue.offer(batch(1))
  const waiting = queue.offer(batch(2, 9))
  queue.close()
  expect(await waiting).toBe(false)
  expect(await queue.offer(batch(3))).toBe(false)
  expect(await queue.take(10, 10)).toEqual([])
})

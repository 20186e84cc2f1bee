import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { PoolClient } from 'pg'
import { startTestHub, type TestHub } from '../../platform/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { decodeBatch } from '@courtyard/protocols/wire'
import { spanOf } from './domain/intake.ts'
import { followBatchLog, telemetryModule, type LogChunk } from './index.ts'
import { insertBatches } from './ingest.repository.ts'
import { enterLog, logHorizon, readLog } from './log.repository.ts'
import { createProject, readingsOf, startTestGateway, type TestGateway } from './testing.ts'

let hub: TestHub
let gateway: TestGateway
let test = 0
const noon = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000 + 43_200_000

beforeAll(async () => {
  hub = await startTestHub({ modules: [telemetryModule, gatewaysModule] })
  gateway = await startTestGateway(hub, await hub.as('engineer'), await createProject(hub))
  await gateway.sendCatalogue([{ key: 'm1', points: [{ key: 'energy' }, { key: 'power' }] }])
})
afterAll(async () => {
  await gateway?.stop()
  await hub?.stop()
})
beforeEach(() => {
  test += 1
})

/** Collects the instants that a follower sees. */
function follow(name: string, options: { maxReadings?: number; failTimes?: number } = {}) {
  const seen: number[] = []
  const chunks: LogChunk[] = []
  let failures = options.failTimes ?? 0
  const follower = followBatchLog(hub.hub, {
    name: `${name}-${test}`,
    ...(options.maxReadings ? { maxReadings: options.maxReadings } : {}),
    handle: async (_client, chunk) => {
      if (failures-- > 0) throw new Error('not yet')
      chunks.push(chunk)
      seen.push(...chunk.series.flatMap((series) => series.atMs))
    },
  })
  return { follower, seen, chunks }
}

/** Writes a batch as ingest does, in a transaction that the test holds open. */
async function writeOpen(client: PoolClient, atMs: number): Promise<void> {
  const payload = gateway.batch(readingsOf('m1/energy', [[atMs, 1]]))
  const message = decodeBatch(payload)
  const batch = {
    gatewayId: gateway.id,
    topic: '',
    payload,
    receivedAt: new Date(),
    message,
    ...spanOf(message),
  }
  await enterLog(client)
  expect(await insertBatches(client, [batch])).toEqual([expect.any(BigInt)])
}

it('hands over points and the spans that were touched', async () => {
  await gateway.send([
    ...readingsOf('m1/energy', [
      [noon, 1],
      [noon + 5_000, 2],
    ]),
    ...readingsOf('m1/power', [[noon + 1, 7]]),
  ])
  const { follower, chunks } = follow('touched')
  await follower.caughtUp()
  await follower.stop()
  const touched = chunks.flatMap((chunk) => chunk.touched)
  expect(touched).toMatchObject([
    { firstMs: noon, lastMs: noon + 5_000, readings: 2 },
    { firstMs: noon + 1, lastMs: noon + 1, readings: 1 },
  ])
  expect(chunks[0]?.series[0]).toMatchObject({
    scale: 2,
    mantissas: [1, 2],
    qualities: [0, 0],
    gatewayId: gateway.id,
  })
})

it('waits for a writer that has drawn a smaller number and is not done', async () => {
  const slow = await hub.hub.db.pool.connect()
  const { follower, seen } = follow('skip')
  await follower.caughtUp()
  seen.length = 0
  await slow.query('begin')
  await writeOpen(slow, noon + 100)
  await gateway.send(readingsOf('m1/energy', [[noon + 200, 2]]))
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(seen).toEqual([])
  await slow.query('commit')
  slow.release()
  await follower.caughtUp()
  await follower.stop()
  expect(seen).toEqual([noon + 100, noon + 200])
})

it('goes on past a number whose writer gave up', async () => {
  const aborted = await hub.hub.db.pool.connect()
  await aborted.query('begin')
  await writeOpen(aborted, noon + 300)
  await aborted.query('rollback')
  aborted.release()
  const { follower, seen } = follow('aborted')
  await gateway.send(readingsOf('m1/energy', [[noon + 400, 2]]))
  await follower.caughtUp()
  await follower.stop()
  expect(seen).toContain(noon + 400)
  expect(seen).not.toContain(noon + 300)
})

it('sees everything once under many concurrent writers', async () => {
  const { follower, seen } = follow('race', { maxReadings: 3 })
  await follower.caughtUp()
  seen.length = 0
  const instants = Array.from({ length: 60 }, (_, i) => noon + 1_000 + i)
  const writers = Array.from({ length: 6 }, async (_, writer) => {
    for (const at of instants.filter((_, i) => i % 6 === writer)) {
      await hub.hub.db.transaction(async (client) => {
        await writeOpen(client, at)
        await new Promise((resolve) => setTimeout(resolve, (at % 7) * 3))
      })
    }
  })
  await Promise.all(writers)
  await follower.caughtUp()
  await follower.stop()
  expect(seen.toSorted((a, b) => a - b)).toEqual(instants)
})

it('never reads beyond the horizon, and the horizon never stands before what is decided', async () => {
  const client = await hub.hub.db.pool.connect()
  await client.query('begin')
  const before = await logHorizon(hub.hub.db.pool as unknown as PoolClient)
  await writeOpen(client, noon + 5)
  const during = await readLog(hub.hub.db.pool as unknown as PoolClient, before, 1_000)
  expect(during).toEqual([])
  await client.query('commit')
  client.release()
  expect(await readLog(hub.hub.db.pool as unknown as PoolClient, before, 1_000)).toHaveLength(1)
})

it('tries again what failed, from the same place', async () => {
  await gateway.send(readingsOf('m1/energy', [[noon + 9_000, 2]]))
  const { follower, seen } = follow('retry', { failTimes: 1 })
  await follower.caughtUp()
  await follower.stop()
  expect(seen.filter((at) => at === noon + 9_000)).toHaveLength(1)
})

it('works in one place at a time', async () => {
  const first = follow('single')
  const second = follow('single')
  await gateway.send(readingsOf('m1/energy', [[noon + 11_000, 3]]))
  await Promise.all([first.follower.caughtUp(), second.follower.caughtUp()])
  await Promise.all([first.follower.stop(), second.follower.stop()])
  expect([...first.seen, ...second.seen].filter((at) => at === noon + 11_000)).toHaveLength(1)
})

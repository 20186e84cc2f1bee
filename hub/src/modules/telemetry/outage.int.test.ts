/** Back-pressure and a database that goes away: nothing is acknowledged early, nothing is lost, memory is bounded. */
import { once } from 'node:events'
import { createServer, connect as connectTcp, type AddressInfo, type Server, type Socket } from 'node:net'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { topics } from '@courtyard/protocols/contract'
import type { Database } from '../../platform/database/database.ts'
import { startTestHub, type TestHub } from '../../platform/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { telemetryModule } from './index.ts'
import { Ingest, type BatchOutcome } from './ingest/ingest.ts'
import { createProject, readingsOf, startTestGateway, type TestGateway } from './testing.ts'

let hub: TestHub
let gateway: TestGateway
let proxy: CuttableProxy
const noon = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000 + 43_200_000

/** The way to the database, which the test can cut. */
class CuttableProxy {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private open = true

  constructor(targetPort: number) {
    this.server = createServer((socket) => {
      if (!this.open) return void socket.destroy()
      const target = connectTcp(targetPort, '127.0.0.1')
      for (const each of [socket, target]) {
        this.sockets.add(each)
        each.on('error', () => undefined).once('close', () => this.sockets.delete(each))
      }
      socket.pipe(target).pipe(socket)
    }).listen(0, '127.0.0.1')
  }

  async port(): Promise<number> {
    if (!this.server.listening) await once(this.server, 'listening')
    return (this.server.address() as AddressInfo).port
  }

  cut(): void {
    this.open = false
    for (const socket of this.sockets) socket.destroy()
  }

  restore(): void {
    this.open = true
  }

  stop(): void {
    this.cut()
    this.server.close()
  }
}

beforeAll(async () => {
  hub = await startTestHub({ modules: [telemetryModule, gatewaysModule] })
  gateway = await startTestGateway(hub, await hub.as('engineer'), await createProject(hub))
  await gateway.sendCatalogue([{ key: 'm1', points: [{ key: 'energy' }] }])
  proxy = new CuttableProxy(Number(new URL(hub.hub.db.url).port))
})
afterAll(async () => {
  proxy?.stop()
  await gateway?.stop()
  await hub?.stop()
})

/** A database as the platform makes it, through the proxy. */
async function databaseThroughProxy(): Promise<{ db: Database; close: () => Promise<void> }> {
  const url = new URL(hub.hub.db.url)
  url.port = String(await proxy.port())
  const pool = new pg.Pool({ connectionString: url.href, max: 3 })
  pool.on('error', () => undefined)
  const transaction: Database['transaction'] = async (work) => {
    const client = await pool.connect()
    client.on('error', () => undefined)
    let broken = true
    try {
      await client.query('begin')
      const result = await work(client)
      await client.query('commit')
      broken = false
      return result
    } finally {
      client.release(broken)
    }
  }
  return { db: { ...hub.hub.db, pool, transaction }, close: () => pool.end() }
}

it('holds readings back while the database is away, and takes each of them once afterwards', async () => {
  const { db, close } = await databaseThroughProxy()
  const outcomes: BatchOutcome[] = []
  const ingest = new Ingest({
    db,
    clock: hub.hub.clock,
    log: pino({ level: 'silent' }),
    acknowledge: (_gateway, batches) => outcomes.push(...batches),
    onCommitted: () => undefined,
    maxQueueBytes: 8 * 1_024,
    maxGroupReadings: 10,
  })
  proxy.cut()
  let accepted = 0
  const sent = 40
  const offers = Array.from({ length: sent }, async (_, i) => {
    const payload = Buffer.from(gateway.batch(readingsOf('m1/energy', [[noon + i, i]])))
    await ingest.receive({ topic: topics.batch(gateway.id), payload, qos: 1, retain: false })
    accepted += 1
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  // The rest waits outside: its publishers get no PUBACK
  expect(accepted).toBeLessThan(sent)
  expect(ingest.waitingBytes).toBeLessThanOrEqual(8 * 1_024)
  expect(outcomes).toEqual([])
  proxy.restore()
  await Promise.all(offers)
  await expect.poll(() => outcomes.length, { timeout: 15_000 }).toBe(sent)
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['committed']))
  const { rows } = await hub.hub.db.pool.query<{ readings: string }>(
    'select sum(readings)::text as readings from reading_block',
  )
  expect(rows[0]!.readings).toBe(String(sent))
  await ingest.stop()
  await close()
})

it('acknowledges nothing when it stops, and takes nothing more', async () => {
  const { db, close } = await databaseThroughProxy()
  const outcomes: BatchOutcome[] = []
  const ingest = new Ingest({
    db,
    clock: hub.hub.clock,
    log: pino({ level: 'silent' }),
    acknowledge: (_gateway, batches) => outcomes.push(...batches),
    onCommitted: () => undefined,
  })
  proxy.cut()
  const payload = Buffer.from(gateway.batch(readingsOf('m1/energy', [[noon + 500, 1]])))
  const message = { topic: topics.batch(gateway.id), payload, qos: 1 as const, retain: false }
  await ingest.receive(message)
  await ingest.stop()
  await expect(ingest.receive(message)).rejects.toMatchObject({ code: 'hub.stopping' })
  expect(outcomes).toEqual([])
  proxy.restore()
  await close()
})

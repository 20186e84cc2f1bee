/** What happens when time passes, processes die and messages get lost. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pino } from 'pino'
import type { CatalogueCommand, RouteBody } from '@courtyard/protocols/contract'
import { manualClock } from '../../platform/clock.ts'
import { findFreePort } from '../../platform/database/free-port.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { telemetryModule } from '../telemetry/index.ts'
import { createProject, startTestGateway, type TestGateway } from '../telemetry/testing.ts'
import { lockNextQueued, markSent } from './dispatch.repository.ts'
import { Dispatcher } from './dispatcher.ts'
import { commandsModule } from './index.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const modules = [commandsModule, telemetryModule, gatewaysModule]
const label = { zh: '开关', en: 'Switch' }
const commands: CatalogueCommand[] = [
  { key: 'relay', kind: 'relay', label, confirms: true },
  { key: 'door1', kind: 'door', label, confirms: false },
]
type Request = RouteBody<'POST /api/devices/:id/commands'>

/** Holds the database while hubs come and go. */
let keeper: TestHub
/** The hub of these tests; some of them stop it and start another one. */
let hub: TestHub
let engineer: TestClient
let gateway: TestGateway
let devices: Map<string, string>
let mqttPort: number
const clock = manualClock(new Date())

async function startHub(): Promise<void> {
  const environment = {
    DATABASE_URL: keeper.hub.db.url,
    MQTT_PORT: String(mqttPort),
    COURTYARD_DATA: keeper.folder,
  }
  hub = await startTestHub({ modules, clock, environment })
  engineer = await hub.as('engineer')
}

beforeAll(async () => {
  keeper = await startTestHub({ modules: [] })
  mqttPort = await findFreePort()
  await startHub()
  gateway = await startTestGateway(hub, engineer, await createProject(hub))
  const keys = Array.from({ length: 12 }, (_, i) => `d${i}`)
  await gateway.sendCatalogue(keys.map((key) => ({ key, points: [], commands })))
  const list = await engineer.call('GET /api/devices', { query: { gatewayId: gateway.id } })
  devices = new Map(list.map(({ key, id }) => [key, id]))
})
afterAll(async () => {
  await gateway?.stop()
  await hub?.stop()
  await keeper?.stop()
})

const ask = (device: string, more: Partial<Request> = {}) =>
  engineer.call('POST /api/devices/:id/commands', {
    params: { id: devices.get(device)! },
    body: {
      id: randomUUID(),
      target: 'door1',
      body: { kind: 'door', action: 'open' },
      reason: 'visitor',
      ...more,
    },
  })
const look = (id: string) => engineer.call('GET /api/commands/:id', { params: { id } })
const arrived = (id: string, times = 1) => gateway.until(() => gateway.timesOf(id) >= times)
const stateBecomes = (id: string, state: string) =>
  expect.poll(async () => (await look(id)).state, { timeout: 10_000 }).toBe(state)

/** The gateway says that it is there before anybody finds it silent; people sign in again. */
async function pass(ms: number): Promise<void> {
  clock.advance(ms)
  await gateway.sayOnline()
  engineer = await hub.as('engineer')
}

describe('time', () => {
  it('ends what could not be sent, and says so', async () => {
    await gateway.stop()
    await expect
      .poll(
        async () => (await engineer.call('GET /api/gateways', {})).find(({ id }) => id === gateway.id)?.state,
      )
      .not.toBe('online')
    const { id } = await ask('d0', { expiresInSeconds: 60 })
    clock.advance(61 * SECOND)
    await stateBecomes(id, 'expired')
    expect(await look(id)).toMatchObject({
      message: 'it could not be handed to the gateway in time',
      uncertain: false,
    })
    await gateway.connect()
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(gateway.timesOf(id)).toBe(0)
  })

  it('ends what nobody approved; an approval at that moment comes too late', async () => {
    const manager = await hub.as('manager')
    const { id } = await ask('d0', {
      target: 'relay',
      body: { kind: 'relay', action: 'open' },
      expiresInSeconds: 10,
    })
    await pass(10 * SECOND)
    const press = manager.call('POST /api/commands/:id/approve', { params: { id } })
    await expect(press).rejects.toMatchObject({ details: { status: 409 } })
    await stateBecomes(id, 'expired')
    expect((await look(id)).message).toBe('nobody approved it in time')
  })

  it('does not call expired what the gateway may have done: after a day it does not know', async () => {
    const { id } = await ask('d1', { expiresInSeconds: 60 })
    const next = await ask('d1', { expiresInSeconds: 30 * 86_400 })
    await arrived(id)
    await pass(2 * HOUR)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(await look(id)).toMatchObject({ state: 'sent', finishedAt: null })
    expect(gateway.timesOf(next.id)).toBe(0)
    await pass(23 * HOUR)
    await stateBecomes(id, 'failed')
    expect(await look(id)).toMatchObject({
      uncertain: true,
      message: expect.stringContaining('24 hours') as string,
    })
    await arrived(next.id)
    // It was done all the same, and the gateway is heard of again
    await gateway.report(id, 'confirmed', { message: 'open' })
    expect(await look(id)).toMatchObject({ state: 'confirmed', uncertain: false, message: 'open' })
    await gateway.report(next.id, 'acknowledged')
  })
})

describe('sending again', () => {
  it('goes on until the gateway tells of it, and no longer', async () => {
    const { id } = await ask('d2', { expiresInSeconds: 600 })
    await arrived(id)
    for (let times = 2; times <= 4; times++) {
      await pass(5 * SECOND)
      await arrived(id, times)
    }
    await gateway.report(id, 'received')
    await pass(60 * SECOND)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(gateway.timesOf(id)).toBe(4)
    const messages = gateway.commands.filter((command) => command.id === id)
    expect(new Set(messages.map(({ expiresAtMs }) => expiresAtMs)).size).toBe(1)
    expect(messages.map(({ sentAtMs }) => sentAtMs)).toEqual(
      messages.map(({ sentAtMs }) => sentAtMs).toSorted(),
    )
    // Its time is over and there is no word: asking once more can only bring the answer
    await pass(600 * SECOND)
    await arrived(id, 5)
    await gateway.report(id, 'expired')
    expect((await look(id)).state).toBe('expired')
  })

  it('makes up for a process that was killed between its commit and the broker', async () => {
    await hub.stop()
    await gateway.stop()
    await startHub()
    await hub.hub.db.pool.query('update gateway set online = false where id = $1', [gateway.id])
    const { id } = await ask('d3', { expiresInSeconds: 600 })
    // What such a process leaves behind
    await hub.hub.db.transaction(async (client) => {
      await client.query('update gateway set online = true where id = $1', [gateway.id])
      expect((await lockNextQueued(client, clock.now(), 10)).map((one) => one.id)).toContain(id)
      await markSent(client, [id], clock.now())
      await client.query('update gateway set online = false where id = $1', [gateway.id])
    })
    await gateway.connect()
    await pass(5 * SECOND)
    await arrived(id)
    await gateway.report(id, 'confirmed')
    const steps = (await look(id)).steps.map(({ state }) => state)
    expect(steps).toEqual(['queued', 'sent', 'confirmed'])
  })

  it('goes on in the next process where the last one was stopped', async () => {
    const waiting = await ask('d4', { expiresInSeconds: 3_600 })
    await arrived(waiting.id)
    const finished = await ask('d5', { expiresInSeconds: 3_600 })
    await arrived(finished.id)
    await hub.stop()
    await gateway.stop()
    await startHub()
    await gateway.connect()
    await pass(5 * SECOND)
    await arrived(waiting.id, 2)
    // The report had been stored, its acknowledgement was lost: it is told again and acknowledged again
    for (let i = 0; i < 2; i++) await gateway.report(finished.id, 'acknowledged')
    await gateway.until(() => gateway.acks.filter((ack) => ack.commands?.includes(finished.id)).length === 2)
    expect((await look(finished.id)).steps.map(({ state }) => state)).toEqual([
      'queued',
      'sent',
      'acknowledged',
    ])
    await gateway.report(waiting.id, 'acknowledged')
  })

  it('leaves a command where it was when the report can not be stored', async () => {
    const { id } = await ask('d6', { expiresInSeconds: 600 })
    await arrived(id)
    const blocker = await hub.hub.db.pool.connect()
    await blocker.query('begin')
    await blocker.query('select from command where id = $1 for update', [id])
    const told = gateway.report(id, 'confirmed')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(gateway.acks.some((ack) => ack.commands?.includes(id))).toBe(false)
    await blocker.query('rollback')
    blocker.release()
    await told
    await gateway.until(() => gateway.acks.some((ack) => ack.commands?.includes(id)))
    expect((await look(id)).state).toBe('confirmed')
  })
})

describe('a database from an older copy', () => {
  it('is told what came of a command that it believes to be waiting', async () => {
    const first = await ask('d11', { expiresInSeconds: 3_600 })
    const second = await ask('d11', { expiresInSeconds: 3_600 })
    await arrived(first.id)
    // The gateway had got the second one from the hub of before
    await gateway.report(second.id, 'executing')
    expect((await look(second.id)).state).toBe('queued')
    await gateway.report(second.id, 'confirmed')
    expect((await look(second.id)).state).toBe('confirmed')
    await gateway.report(first.id, 'confirmed')
    expect([gateway.timesOf(second.id), (await look(first.id)).state]).toEqual([0, 'confirmed'])
  })
})

describe('several processes', () => {
  it('send each command once, in order, one at a time per target', async () => {
    const log = pino({ level: 'silent' })
    const others = Array.from({ length: 3 }, () => new Dispatcher(hub.hub, log, { sends: true }))
    for (const other of others) other.start()
    const ids: string[] = []
    for (let i = 0; i < 30; i++) {
      ids.push((await ask(`d${7 + (i % 3)}`, { expiresInSeconds: 3_600 })).id)
    }
    const kick = setInterval(() => others.forEach((other) => other.rouse()), 5)
    const answered = new Set<string>()
    const counts: number[] = []
    while (answered.size < ids.length) {
      await gateway.until(() => gateway.commands.some(({ id }) => ids.includes(id) && !answered.has(id)))
      const { rows } = await hub.hub.db.pool.query<{ most: number }>(
        `select coalesce(max(n), 0)::int as most from (select count(*) as n from command where state = 'sent'
         group by device_id, target) as flying`,
      )
      counts.push(rows[0]!.most)
      const next = gateway.commands.find(({ id }) => ids.includes(id) && !answered.has(id))!
      answered.add(next.id)
      await gateway.report(next.id, 'confirmed')
    }
    clearInterval(kick)
    await Promise.all(others.map((other) => other.stop()))
    expect(Math.max(...counts)).toBe(1)
    expect(ids.map((id) => gateway.timesOf(id))).toEqual(ids.map(() => 1))
    const byDevice = Map.groupBy(
      gateway.commands.filter(({ id }) => ids.includes(id)),
      ({ device }) => device,
    )
    for (const [device, sent] of byDevice) {
      const asked = ids.filter((_, i) => `d${7 + (i % 3)}` === device)
      expect(sent.map(({ id }) => id)).toEqual(asked)
    }
  })

  it('end a command once', async () => {
    await gateway.stop()
    const log = pino({ level: 'silent' })
    const others = Array.from({ length: 4 }, () => new Dispatcher(hub.hub, log, { sends: false }))
    await hub.hub.db.pool.query('update gateway set online = false where id = $1', [gateway.id])
    const { id } = await ask('d10', { expiresInSeconds: 30 })
    clock.advance(31 * SECOND)
    await Promise.all(others.map((other) => other.round()))
    expect((await look(id)).steps.map(({ state }) => state)).toEqual(['queued', 'expired'])
    await gateway.connect()
  })
})

import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PointValue } from '@courtyard/protocols/contract'
import { hasEverywhere } from '../auth/user.ts'
import { startTestHub, type TestClient, type TestHub } from '../testing.ts'
import { NotifyLiveBus } from './notify-live-bus.ts'

const A = 'aaaaaaaa-0000-4000-8000-000000000001'
const B = 'bbbbbbbb-0000-4000-8000-000000000002'
const DEVICE = 'dddddddd-0000-4000-8000-000000000003'
let hub: TestHub
/** The bus of another process on the same database. */
let elsewhere: NotifyLiveBus
const opened: AbortController[] = []

beforeAll(async () => {
  hub = await startTestHub({ modules: [] })
  elsewhere = new NotifyLiveBus(hub.hub.db.url, hub.hub.db.pool, pino({ level: 'silent' }))
  await elsewhere.start()
  hub.hub.live.setPointResolver(async (ids, user) =>
    ids.includes(DEVICE) && hasEverywhere(user, 'devices.read') ? [7, 8] : [],
  )
})
afterAll(async () => {
  for (const controller of opened) controller.abort()
  await elsewhere.stop()
  await hub.stop()
})

interface LiveEvent {
  event: string
  data: unknown
}

/** Collects what a browser would get. */
async function open(client: TestClient, query = ''): Promise<LiveEvent[]> {
  const controller = new AbortController()
  opened.push(controller)
  const answer = await fetch(`${hub.url}/api/live${query}`, {
    headers: client.headers,
    signal: controller.signal,
  })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const events: LiveEvent[] = []
  void collect(answer.body!, events).catch(() => undefined)
  return events
}

async function collect(body: ReadableStream<Uint8Array>, events: LiveEvent[]): Promise<void> {
  let text = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop()!
    for (const block of blocks) {
      const match = /^event: (\w+)\ndata: (.*)$/.exec(block)
      if (match) events.push({ event: match[1]!, data: JSON.parse(match[2]!) })
    }
  }
}

async function until(done: () => boolean): Promise<void> {
  for (let waited = 0; !done(); waited += 10) {
    if (waited > 5_000) throw new Error('waited too long')
    await sleep(10)
  }
}

const value = (pointId: number): PointValue => ({
  pointId,
  at: '2026-03-01T00:00:00.000Z',
  value: '1.5',
  quality: 0,
})

test('an event reaches the people of its project, from this process and from another, once', async () => {
  const everyone = await open(await hub.as('manager'))
  const onlyA = await open(await hub.as('manager', [A]))
  const lookingAtB = await open(await hub.as('manager'), `?projectId=${B}`)
  hub.hub.live.publish('usage', { meteringPointIds: [A] }, { projectId: A })
  elsewhere.publish('usage', { meteringPointIds: [B] }, { projectId: B })
  await until(() => everyone.length === 2 && onlyA.length === 1 && lookingAtB.length === 1)
  await sleep(100)
  const of = (events: LiveEvent[]) =>
    events.map((one) => (one.data as { meteringPointIds: string[] }).meteringPointIds[0])
  expect([of(everyone), of(onlyA), of(lookingAtB)]).toEqual([[A, B], [A], [B]])
})

test('who may not read a thing is not told of it; other rights end the stream', async () => {
  const engineer = await hub.as('engineer')
  const events = await open(engineer)
  hub.hub.live.publish('billRun', { id: A, status: 'computing', done: 1, total: 2 }, { projectId: A })
  hub.hub.live.publish('gateways', { gatewayIds: [B] }, { projectId: A })
  await until(() => events.length > 0)
  expect(events.map(({ event }) => event)).toEqual(['gateways'])
  const cookie = engineer.headers['cookie']!.split(';')[0]!.split('=')[1]!
  const session = (await hub.app.sessions.find(cookie))!
  expect(await hub.app.sessions.isAlive(session)).toBe(true)
  await hub.hub.db.prisma.roleAssignment.updateMany({
    where: { userId: session.user.id },
    data: { allProjects: false, projectIds: [A] },
  })
  expect(await hub.app.sessions.isAlive(session)).toBe(false)
})

test('who keeps a part of a project gets what the module leaves of an event', async () => {
  const { prisma } = hub.hub.db
  const project = await prisma.project.create({ data: { code: 'live', name: 'Live', timeZone: 'UTC' } })
  const building = await prisma.building.create({ data: { projectId: project.id, code: '1', name: '1' } })
  hub.hub.live.setNarrower('usage', async ({ meteringPointIds }) => ({
    meteringPointIds: meteringPointIds.filter((id) => id === A),
  }))
  const part = await open(await hub.as('engineer', undefined, { buildingIds: [building.id] }))
  hub.hub.live.publish('gateways', { gatewayIds: [B] }, { projectId: project.id })
  hub.hub.live.publish('usage', { meteringPointIds: [A, B] }, { projectId: project.id })
  hub.hub.live.publish('usage', { meteringPointIds: [A] }, { projectId: A })
  await until(() => part.length > 0)
  await sleep(50)
  expect(part).toEqual([{ event: 'usage', data: { meteringPointIds: [A] } }])
})

test('values go to those who watch the device; nobody watching costs nothing', async () => {
  expect(hub.hub.live.anyWatched).toBe(false)
  const watching = await open(await hub.as('engineer'), `?devices=${DEVICE}`)
  const foreign = await open(await hub.as('engineer', [A]), `?devices=${DEVICE}`)
  await until(() => elsewhere.isWatched(7))
  expect(elsewhere.isWatched(9)).toBe(false)
  hub.hub.live.publishValues([value(7), value(9)])
  elsewhere.publishValues([value(8), value(9)])
  await until(() => watching.length === 2)
  expect(watching).toEqual([
    { event: 'values', data: { values: [value(7)] } },
    { event: 'values', data: { values: [value(8)] } },
  ])
  expect(foreign).toEqual([])
  opened.at(-2)!.abort()
  await until(() => !hub.hub.live.isWatched(7))
})

test('an event larger than a notification may be arrives whole', async () => {
  const events = await open(await hub.as('manager'))
  const meteringPointIds = Array.from(
    { length: 5_000 },
    (_, n) => `${A.slice(0, -6)}${String(n).padStart(6, '0')}`,
  )
  elsewhere.publish('usage', { meteringPointIds }, { projectId: null })
  await until(() => events.length === 1)
  expect(events[0]!.data).toEqual({ meteringPointIds })
})

test('goes on after the connection to the database was lost', async () => {
  const events = await open(await hub.as('manager'))
  await hub.hub.db.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%courtyard_live%' AND pid <> pg_backend_pid()`,
  )
  await sleep(1_500)
  elsewhere.publish('gateways', { gatewayIds: [A] }, { projectId: A })
  await until(() => events.length === 1)
})

test('asks for a session, for ids that are ids, and lets one person open twenty', async () => {
  expect((await fetch(`${hub.url}/api/live`)).status).toBe(401)
  const client = await hub.as('manager')
  expect((await fetch(`${hub.url}/api/live?devices=1,2`, { headers: client.headers })).status).toBe(400)
  for (let n = 0; n < 20; n++) await open(client)
  const refused = await fetch(`${hub.url}/api/live`, { headers: client.headers })
  expect(refused.status).toBe(429)
  await refused.body?.cancel()
})

test('a browser that takes nothing is let go instead of filling the memory', async () => {
  const client = await hub.as('manager')
  const socket = connect(Number(new URL(hub.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(`GET /api/live HTTP/1.1\r\nHost: x\r\nCookie: ${client.headers.cookie}\r\n\r\n`)
  const streams = () => hub.app.liveStreams.size
  const before = streams()
  await until(() => streams() > before)
  const meteringPointIds = Array.from({ length: 20_000 }, () => A)
  for (let sent = 0; streams() > before; sent++) {
    if (sent > 200) throw new Error('still connected')
    hub.hub.live.publish('usage', { meteringPointIds }, { projectId: null })
    await sleep(5)
  }
  socket.destroy()
})

test('open streams do not hold up the stop of the hub', async () => {
  const other = await startTestHub({ modules: [] })
  const client = await other.as('manager')
  const stream = await fetch(`${other.url}/api/live`, { headers: client.headers })
  const ended = stream.text().catch(() => 'cut')
  const started = performance.now()
  await other.app.close()
  expect(performance.now() - started).toBeLessThan(900)
  await ended
  await other.stop()
})

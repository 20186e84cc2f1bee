import { randomUUID } from 'node:crypto'
import type { ReadingEntryBody } from '@courtyard/protocols/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { readsWithPhoto } from '../metering/index.ts'
import { createProject } from '../telemetry/testing.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const HOUR = 3_600_000
let hub: TestHub
let office: TestClient
let reader: TestClient
let other: TestClient
let projectId: string
let taskId: string
let points: Map<string, string>

beforeAll(async () => {
  hub = await startTestHub()
  projectId = await createProject(hub, 'Asia/Shanghai')
  office = await hub.as('manager', [projectId])
  reader = await hub.as('billingClerk', [projectId])
  other = await hub.as('billingClerk', [projectId])
  const engineer = await hub.as('engineer', [projectId])
  const rows = [
    'code,name,medium,role,serial,unit,scale,digits,installedAt,initialIndex',
    ...['a', 'b', 'c', 'd'].map(
      (key) => `W-${key},Water ${key},water,household,S-${key},m3,2,5,2026-01-01,10`,
    ),
  ]
  const params = { id: projectId }
  await engineer.call('POST /api/projects/:id/meters/import', { params, body: rows.join('\n') })
  const listed = await office.call('GET /api/projects/:id/reading-points', { params })
  points = new Map(listed.map(({ code, id }) => [code.slice(2), id]))
  const route = await office.call('POST /api/projects/:id/reading-routes', {
    params,
    body: { name: 'North', dueDay: 20, assigneeId: reader.userId, pointIds: ['c', 'a', 'b', 'd'].map(idOf) },
  })
  expect(route.points.map(({ code }) => code)).toEqual(['W-c', 'W-a', 'W-b', 'W-d'])
  const task = await office.call('POST /api/reading-routes/:id/tasks', {
    params: { id: route.id },
    body: { month: '2026-11', assigneeId: reader.userId },
  })
  expect(task).toMatchObject({ dueOn: '2026-11-20', total: 4, read: 0 })
  taskId = task.id
})
afterAll(() => hub?.stop())

const idOf = (key: string): string => points.get(key)!
const ago = (hours: number) => new Date(Date.now() - hours * HOUR).toISOString()

function entryOf(
  key: string,
  index: string | null,
  change: Partial<ReadingEntryBody> = {},
): ReadingEntryBody {
  return {
    id: randomUUID(),
    taskId,
    meteringPointId: idOf(key),
    serial: `S-${key}`,
    takenAt: ago(1),
    index,
    unreadable: index === null ? 'noAccess' : null,
    note: null,
    kept: false,
    photo: null,
    ...change,
  }
}
const send = (entry: ReadingEntryBody, client = reader, sentAt = new Date().toISOString()) =>
  client.call('POST /api/reading-entries', { body: { entry, sentAt } })
const manualReads = async (key: string) => {
  const params = { id: idOf(key) }
  const { reads } = await office.call('GET /api/metering-points/:id/reads', { params, query: { limit: 50 } })
  return reads
}

test('the phone gets the walk with all that it needs', async () => {
  const { tasks } = await reader.call('GET /api/my-reading-tasks')
  expect(tasks).toHaveLength(1)
  expect(tasks[0]!.points.map(({ code }) => code)).toEqual(['W-c', 'W-a', 'W-b', 'W-d'])
  expect(tasks[0]!.points[0]).toMatchObject({
    serial: 'S-c',
    register: { places: 2, end: '1000.00', maxPerHour: '1000.00', jitter: '0.00' },
    lastRead: { index: '10.00' },
    state: 'open',
    entry: null,
  })
  expect((await other.call('GET /api/my-reading-tasks')).tasks).toEqual([])
})

test('an entry with a photo becomes a read once, however often and by however many it is sent', async () => {
  const { sha256 } = await reader.call('POST /api/reading-photos', { body: { base64: PNG } })
  const entry = entryOf('a', '12.34', { photo: sha256 })
  await expect(send(entry, other)).rejects.toMatchObject({ code: 'reading_entry.photo_missing' })
  const answers = await Promise.all([send(entry), send(entry), send(entry)])
  expect(answers.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'stored'])
  expect(await send(entry)).toEqual(answers[0])
  const reads = await manualReads('a')
  expect(reads).toHaveLength(1)
  expect(reads[0]).toMatchObject({ index: '12.34', source: 'phone', photo: true })
  const photo = await office.raw('GET /api/metering-points/:id/read-photo', {
    params: { id: idOf('a') },
    query: { at: reads[0]!.at },
  })
  expect([photo.status, (photo.headers as Record<string, string>)['content-type']]).toEqual([
    200,
    'image/png',
  ])
  // As the page of a bill asks: only what has a photo gets a link to it
  const { at } = reads[0]!
  const asked = ['a', 'b'].map((name) => ({ meteringPointId: idOf(name), at }))
  expect(await readsWithPhoto(hub.hub.db.pool, asked)).toEqual(new Set([`${idOf('a')} ${at}`]))
  await expect(send({ ...entry, index: '12.35' })).rejects.toMatchObject({
    code: 'reading_entry.other_content',
  })
  await expect(send(entry, other)).rejects.toMatchObject({ code: 'reading_entry.other_content' })
})

test('a phone whose clock is off is corrected, and how far it was off is noted', async () => {
  const entry = entryOf('b', '11.00', { takenAt: ago(-24) })
  const answer = await send(entry, reader, new Date(Date.now() + 25 * HOUR).toISOString())
  expect(answer.outcome).toBe('stored')
  expect(Math.abs(Date.parse(answer.at) - (Date.now() - HOUR))).toBeLessThan(60_000)
  const task = await office.call('GET /api/reading-tasks/:id', { params: { id: taskId } })
  const [stored] = task.points.find(({ code }) => code === 'W-b')!.entries
  expect(Math.round(stored!.clockOffsetMs / HOUR)).toBe(-25)
})

test('what the phone could not know is set aside, with the office to decide; nothing is lost', async () => {
  const odd = entryOf('c', '9.00')
  expect(await send(odd)).toMatchObject({ outcome: 'setAside', conflict: 'implausible' })
  expect(await manualReads('c')).toEqual([])
  await expect(
    reader.call('POST /api/reading-entries/:id/settlement', {
      params: { id: odd.id },
      body: { accept: true },
    }),
  ).rejects.toMatchObject({ code: 'auth.forbidden' })
  const settle = (accept: boolean, id = odd.id) =>
    office.call('POST /api/reading-entries/:id/settlement', {
      params: { id },
      body: { accept, note: 'seen' },
    })
  expect(await settle(false)).toMatchObject({ outcome: 'rejected' })
  await expect(settle(true)).rejects.toMatchObject({ code: 'reading_entry.settled' })
  const kept = entryOf('c', '9.50', { kept: true, note: 'looked twice' })
  expect(await send(kept)).toMatchObject({ outcome: 'stored', conflict: null })
  const late = entryOf('c', '10.50', { takenAt: ago(5) })
  expect(await send(late)).toMatchObject({ outcome: 'setAside', conflict: 'newerRead' })
  expect(await settle(true, late.id)).toMatchObject({ outcome: 'stored' })
  expect(await manualReads('c')).toHaveLength(2)
  const swapped = entryOf('d', '12.00', { serial: 'OLD' })
  expect(await send(swapped)).toMatchObject({ conflict: 'meterReplaced' })
  await expect(settle(true, swapped.id)).rejects.toMatchObject({ code: 'reading_entry.cannot_accept' })
})

test('a task handed to somebody else leaves his list alone; what the one before sent is kept', async () => {
  const { version } = await office.call('GET /api/reading-tasks/:id', { params: { id: taskId } })
  const change = { params: { id: taskId }, body: { assigneeId: other.userId, version } }
  await office.call('POST /api/reading-tasks/:id/assignee', change)
  await expect(office.call('POST /api/reading-tasks/:id/assignee', change)).rejects.toMatchObject({
    code: 'reading_route.changed',
  })
  expect(await send(entryOf('d', '13.00'))).toMatchObject({ conflict: 'reassigned' })
  const { tasks } = await other.call('GET /api/my-reading-tasks')
  expect(tasks[0]!.points.map(({ state }) => state)).toEqual(['read', 'read', 'read', 'setAside'])
  expect(await send(entryOf('d', null), other)).toMatchObject({ outcome: 'stored' })
  const task = await office.call('GET /api/reading-tasks/:id', { params: { id: taskId } })
  expect(task).toMatchObject({ read: 3, unreadable: 1, setAside: 0 })
})

test('another project, a person without the right, and the same month twice are refused', async () => {
  const stranger = await hub.as('manager', [await createProject(hub, 'UTC')])
  await expect(stranger.call('GET /api/reading-tasks/:id', { params: { id: taskId } })).rejects.toMatchObject(
    {
      code: 'not_found',
    },
  )
  const agent = await hub.as('serviceAgent', [projectId])
  const [route] = await office.call('GET /api/reading-routes', { query: { projectId } })
  const handOut = (month: string, assigneeId: string) =>
    office.call('POST /api/reading-routes/:id/tasks', {
      params: { id: route!.id },
      body: { month, assigneeId },
    })
  await expect(handOut('2026-12', agent.userId)).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(handOut('2026-11', other.userId)).rejects.toMatchObject({ code: 'reading_task.handed_out' })
})

import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { manualClock } from '../../../platform/clock.ts'
import { startTestHub, type TestClient, type TestHub } from '../../../platform/testing.ts'
import { rebuildUsage, usageCaughtUp } from '../../metering/index.ts'
import { createProject, readingsOf, startTestGateway, type TestGateway } from '../../telemetry/testing.ts'
import { archiveFolder, readArchive } from './archive-file.ts'
import { archiveAll } from './archive-work.ts'
import { firstDayKept } from './domain/cutoff.ts'

/** The retention of four months keeps July; in Shanghai it begins at 16:00 UTC of 30 June. */
const NOW = '2026-11-22T04:00:00Z'
const HOUR = 3_600_000
const DAYS = [
  '2026-05-01',
  '2026-05-02',
  '2026-05-03',
  '2026-06-15',
  '2026-06-28',
  '2026-06-29',
  '2026-06-30',
]
const LATER = ['2026-07-01', '2026-07-02']
const POINT = 'meter1/energyImport'

const clock = manualClock('2026-04-30T00:00:00Z')
let hub: TestHub
let admin: TestClient
let projectId: string
let gateway: TestGateway
let meteringPoint: string
/** By the day on which it came. */
const sent = new Map<string, { bytes: Uint8Array; sequence: number }>()

/** A reading each hour, and one of another UTC day's first half hour. */
async function send(day: string): Promise<void> {
  const from = Date.parse(`${day}T00:10:00Z`)
  clock.set(`${day}T23:50:00Z`)
  const hours = Array.from({ length: 24 }, (_, n) => from + n * HOUR)
  const index = (ms: number) => Math.round((ms - Date.parse('2026-04-01T00:00:00Z')) / HOUR) * 7
  const bytes = gateway.batch(
    readingsOf(
      POINT,
      hours.map((ms) => [ms, index(ms)] as const),
    ),
  )
  sent.set(day, { bytes, sequence: gateway.lastSequence })
  await gateway.publish(bytes)
  await gateway.until(() => gateway.statusesOf(sent.get(day)!.sequence).includes('committed'))
}

beforeAll(async () => {
  hub = await startTestHub({ clock, environment: { SESSION_HOURS: '720' } })
  const engineer = await hub.as('engineer')
  projectId = await createProject(hub)
  gateway = await startTestGateway(hub, engineer, projectId)
  await gateway.sendCatalogue([{ key: 'meter1', serial: 'S1', points: [{ key: 'energyImport' }] }])
  await engineer.call('POST /api/projects/:id/meters/import', {
    params: { id: projectId },
    query: {},
    body: `code,name,medium,role,building,room,parent,serial,manufacturer,model,unit,scale,digits,multiplier,installedAt,initialIndex
P1,Point,electricity,household,,,,S1,ACME,M1,kWh,2,6,1,2026-04-30,`,
  })
  for (const day of [...DAYS, ...LATER]) await send(day)
  clock.set(NOW)
  await usageCaughtUp(hub.hub)
  const { rows } = await hub.hub.db.pool.query<{ id: string }>('select id from metering_point')
  meteringPoint = rows[0]!.id
  await issueBill('2026-05-02', '2026-06-01T00:00:00Z')
  admin = await hub.as('administrator')
})
afterAll(async () => {
  await gateway.stop()
  await hub.stop()
})

/** A bill that rests on the reading at 03:10 of that day. */
async function issueBill(day: string, issuedAt: string): Promise<void> {
  const batchId = await batchOf(day)
  const read = { at: `${day}T03:10:00.000Z`, index: '1.00', source: 'feed', batchId }
  const segments = [{ from: { at: read.at, reads: [read] }, to: { at: read.at, reads: [] } }]
  await hub.hub.db.pool.query(
    `with b as (insert into bill (id, run_id, project_id, household_id, item_id, month, status, number, quantity, amount,
         estimated, tariff_id, period_from, period_to, issued_at)
       values (gen_random_uuid(), gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), '2026-05-01', 'issued',
         $2, 1, 1, false, gen_random_uuid(), now(), now(), $3) returning id)
     insert into bill_evidence (bill_id, segments) select id, $4::json from b`,
    [projectId, `N-${day}`, issuedAt, JSON.stringify(segments)],
  )
}

async function batchOf(day: string): Promise<string> {
  const { rows } = await hub.hub.db.pool.query<{ id: string }>(
    'select id::text from reading_batch where outbox = $1 and sequence = $2',
    [gateway.outbox, sent.get(day)!.sequence],
  )
  return rows[0]!.id
}

const set = async (values: Record<string, unknown>) => {
  const all = await admin.call('GET /api/settings', { query: { projectId } })
  const { version } = all.find(({ key }) => key === 'retention')!
  await admin.call('PUT /api/settings/:key', {
    params: { key: 'retention' },
    body: { projectId, version, values },
  })
}
const run = (over: object = {}) =>
  archiveAll({ ...hub.hub, publicUrl: '', ...over }, projectId, new AbortController().signal)
const list = () => admin.call('GET /api/archives', { query: { projectId, pageSize: 100 } })
const plan = async (kind: string) =>
  (await admin.call('GET /api/archives/plan', { query: { projectId } })).find((one) => one.kind === kind)!

async function blockRows(): Promise<string[]> {
  const { rows } = await hub.hub.db.pool.query<{ line: string }>(
    `select to_jsonb(b) - 'serial' as line, first_at from reading_block b order by point_id, first_at`,
  )
  return rows.map(({ line }) => JSON.stringify(line))
}
async function daysInDatabase(): Promise<string[]> {
  const { rows } = await hub.hub.db.pool.query<{ day: string }>(
    `select distinct (first_at at time zone 'UTC')::date::text as day from reading_block order by 1`,
  )
  return rows.map(({ day }) => day)
}
async function usage(): Promise<string[]> {
  const { rows } = await hub.hub.db.pool.query<{ line: string }>(
    `select (to_jsonb(d) - 'computed_at')::text as line from usage_day d
     union all select (to_jsonb(m) - 'computed_at')::text from usage_month m order by 1`,
  )
  return rows.map(({ line }) => line)
}

test('months are counted in the time of the project', () => {
  expect(firstDayKept('2026-11-22', 4)).toBe('2026-07-01')
  expect(firstDayKept('2026-03-31', 4)).toBe('2025-11-01')
})

test('nothing goes unless it is said so; a dry run says what would go, and changes nothing', async () => {
  const before = await blockRows()
  await run()
  expect([(await plan('readings')).before, (await list()).total]).toEqual([null, 0])
  await set({ readingsMonths: 4 })
  expect(await plan('readings')).toMatchObject({
    ...{ months: 4, before: '2026-07-01', days: 4, firstDay: '2026-05-01', lastDay: '2026-06-28' },
    ...{ rows: 4, readings: 96, keptForBills: 1 },
  })
  expect(await blockRows()).toEqual(before)
})

test('killed before the commit, the readings are in the database as before, and the next run goes on', async () => {
  const before = await blockRows()
  let transactions = 0
  const { db } = hub.hub
  const dying: typeof db.transaction = (work) =>
    db.transaction(async (client) => {
      const result = await work(client)
      // The plan, the horizon, then the first day
      if (++transactions === 3) throw new Error('killed')
      return result
    })
  await run({ db: { ...db, transaction: dying }, log: pino({ level: 'silent' }) })
  expect(await blockRows()).toEqual(before)
  expect(await list()).toMatchObject({ total: 0, fault: expect.stringContaining('killed') as string })
})

test('old readings are in files, days that bills rest on and the last ones before are not', async () => {
  const [before, usageBefore] = [await blockRows(), await usage()]
  await run()
  expect(await daysInDatabase()).toEqual(['2026-05-02', '2026-06-29', '2026-06-30', ...LATER])
  const { items, readingsFrom, fault, bytes } = await list()
  expect(items.map(({ kind, day, readings, state }) => [kind, day, readings, state])).toEqual(
    ['2026-06-28', '2026-06-15', '2026-05-03', '2026-05-01'].map((day) => ['readings', day, 24, 'archived']),
  )
  expect([readingsFrom, fault, bytes > 0]).toEqual(['2026-06-30T16:00:00.000Z', null, true])
  const folder = archiveFolder(hub.hub.config.dataFolder)
  const kept = new Set(await blockRows())
  const read: string[] = []
  for (const { file, sha256, rows } of items) {
    for await (const row of readArchive(folder, file, { sha256, rows })) {
      if (!('offsets' in row)) throw new Error('a message among the readings')
      expect([row.point, row.unit, row.scale]).toEqual([POINT, 'kWh', 2])
      read.push(`${row.firstMs} ${row.offsets.join()} ${row.mantissas.join()} ${row.batchId}`)
    }
  }
  const gone = before
    .filter((line) => !kept.has(line))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const expected = gone.map(
    (b) =>
      `${Date.parse(b['first_at'] as string)} ${String(b['offsets'])} ${String(b['mantissas'])} ${String(b['batch_id'])}`,
  )
  expect(read.sort()).toEqual(expected.sort())
  // All of it computed anew gives what was: the past stays, and the present needs nothing of what went
  await rebuildUsage(hub.hub, [meteringPoint])
  expect(await usage()).toEqual(usageBefore)
})

test('what comes late for an archived month is stored, and does not change usage that is final', async () => {
  const before = await usage()
  const late = readingsOf(POINT, [[Date.parse('2026-05-10T00:00:00Z'), 900_000]])
  expect(await gateway.send(late)).toBe('committed')
  await usageCaughtUp(hub.hub)
  expect(await usage()).toEqual(before)
  expect(await daysInDatabase()).toContain('2026-05-10')
  await run()
  expect(await daysInDatabase()).not.toContain('2026-05-10')
})

test('while usage of that time waits, nothing goes', async () => {
  const { pool } = hub.hub.db
  clock.set('2026-12-02T04:00:00Z')
  await pool.query(
    `insert into usage_dirty (metering_point_id, from_at, to_at, marked_at, last_marked_at)
     values ($1, '2026-07-02', '2026-07-03', '2090-01-01', '2090-01-01')`,
    [meteringPoint],
  )
  // August is the first to stay now, but its two days before are July's
  const before = await daysInDatabase()
  await run()
  const waits = await list()
  await pool.query('delete from usage_dirty')
  clock.set(NOW)
  expect(await daysInDatabase()).toEqual(before)
  expect(waits.fault).toMatch(/用量|Usage/)
})

test('an archive is put back as it was, once; it stays a month, then it goes again', async () => {
  const before = await blockRows()
  const { items } = await list()
  const one = items.find(({ day }) => day === '2026-06-15')!
  const restore = () => admin.call('POST /api/archives/:id/restore', { params: { id: one.id } })
  const answers = await Promise.allSettled([restore(), restore()])
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect((await blockRows()).filter((line) => !before.includes(line))).toHaveLength(1)
  await expect(restore()).rejects.toMatchObject({ code: 'archive.state' })
  await run()
  expect(await daysInDatabase()).toContain('2026-06-15')
  clock.set('2026-12-23T04:00:00Z')
  await run()
  clock.set(NOW)
  expect(await daysInDatabase()).not.toContain('2026-06-15')
  const states = (await list()).items.filter(({ day }) => day === '2026-06-15').map(({ state }) => state)
  expect(states).toEqual(['archived', 'superseded'])
})

test('messages go with their bytes only: number and fingerprint stay, what comes again is still known', async () => {
  const { pool } = hub.hub.db
  const day = '2026-05-01'
  const id = await batchOf(day)
  const evidence = () => admin.call('GET /api/batches/:batchId', { params: { batchId: id } })
  const before = await evidence()
  await set({ batchesMonths: 4 })
  await run()
  const { rows } = await pool.query<{ day: string }>(
    `select (received_at at time zone 'UTC')::date::text as day from reading_batch
     where archive_id is null and received_at < '2026-07-01' order by 1`,
  )
  // The evidence of the bill, and what came in July already by the clock of the project
  expect(rows.map((row) => row.day)).toEqual(['2026-05-02', '2026-06-30'])
  expect(await evidence()).toEqual(before)
  await gateway.publish(sent.get(day)!.bytes)
  const { sequence } = sent.get(day)!
  await gateway.until(() => gateway.statusesOf(sequence).length === 2)
  expect(gateway.statusesOf(sequence)).toEqual(['committed', 'duplicate'])
  for (const change of [
    `update reading_batch set payload = 'x', payload_sha256 = null, payload_bytes = null, archive_id = null where id = ${id}`,
    `update reading_batch set readings = 0 where id = ${id}`,
    `update reading_batch set payload = '', archive_id = gen_random_uuid(), payload_bytes = length(payload),
       payload_sha256 = sha256(payload) where archive_id is null`,
    `delete from reading_batch where id = ${id}`,
  ])
    await expect(pool.query(change)).rejects.toThrow(/append-only/)
  const archive = (await list()).items.find((one) => one.kind === 'batches' && one.day === day)!
  await admin.call('POST /api/archives/:id/restore', { params: { id: archive.id } })
  const { rows: back } = await pool.query<{ payload: Buffer }>(
    'select payload from reading_batch where id = $1',
    [id],
  )
  expect(new Uint8Array(back[0]!.payload)).toEqual(new Uint8Array(sent.get(day)!.bytes))
})

test('an archive that was damaged is refused, and nothing of it goes in', async () => {
  const { items } = await list()
  const one = items.find(({ day, kind }) => day === '2026-05-03' && kind === 'readings')!
  const path = join(archiveFolder(hub.hub.config.dataFolder), one.file)
  const bytes = await readFile(path)
  const damaged = Buffer.from(bytes)
  damaged[damaged.length >> 1]! ^= 1
  await writeFile(path, damaged)
  const before = await blockRows()
  const restore = admin.call('POST /api/archives/:id/restore', { params: { id: one.id } })
  await expect(restore).rejects.toMatchObject({ code: 'archive.broken' })
  expect(await blockRows()).toEqual(before)
  await writeFile(path, bytes)
})

test('the command line shows them without a database, and puts them back into one', async () => {
  const { items } = await list()
  const { id } = items.find(({ day, kind }) => day === '2026-05-03' && kind === 'readings')!
  const script = new URL('../../../../scripts/archive.ts', import.meta.url).pathname
  const env = { ...process.env, COURTYARD_DATA: hub.folder, DATABASE_URL: 'postgresql://nowhere:1/none' }
  const program = promisify(execFile)
  const { stdout } = await program(process.execPath, [script, 'show', id.slice(0, 8), '--limit', '2'], {
    env,
  })
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(',').slice(1, 5)),
  ).toEqual([
    [POINT, '2026-05-03T00:10:00.000Z', '53.76', 'kWh'],
    [POINT, '2026-05-03T01:10:00.000Z', '53.83', 'kWh'],
  ])
  const june = items.find(({ day, kind }) => day === '2026-06-28' && kind === 'readings')!
  const withDatabase = { ...env, DATABASE_URL: hub.hub.db.url }
  const back = await program(process.execPath, [script, 'restore', june.id], { env: withDatabase })
  expect(back.stdout).toContain('1 rows')
  expect(await daysInDatabase()).toContain('2026-06-28')
  const names = await readdir(archiveFolder(hub.hub.config.dataFolder), { recursive: true })
  expect(names.filter((name) => name.endsWith('.partial'))).toEqual([])
})

test('archives of a project are for who keeps all of it', async () => {
  await hub.hub.db.prisma.role.update({
    where: { code: 'manager' },
    data: { permissions: { push: 'archive.manage' } },
  })
  const stranger = await hub.as('manager', [await createProject(hub)])
  const { items } = await list()
  const id = items.find(({ state }) => state === 'archived')!.id
  const answers = await Promise.all([
    stranger.raw('GET /api/archives', { query: { projectId } }),
    stranger.raw('GET /api/archives/plan', { query: { projectId } }),
    stranger.raw('POST /api/archives/run', { body: { projectId } }),
    stranger.raw('POST /api/archives/:id/restore', { params: { id } }),
  ])
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
})

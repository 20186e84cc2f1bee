import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import yauzl from 'yauzl'
import type { BackupView } from '@courtyard/protocols/contract'
import { manualClock } from '../../../platform/clock.ts'
import { placeOf } from '../../../platform/files/file-store.ts'
import { rememberFile } from '../../../platform/files/files.repository.ts'
import { S3Store } from '../../../platform/files/s3-store.ts'
import { S3StandIn } from '../../../platform/files/testing.ts'
import { startTestHub, type TestClient, type TestHub } from '../../../platform/testing.ts'
import { KEEPER_VARIABLE, leaseDatabase, type DatabaseLease } from '../../../platform/testing-lease.ts'
import { createProject, readingsOf, startTestGateway, TestGateway } from '../../telemetry/testing.ts'
import { adoptFolder, look, makeWaiting } from './backup-work.ts'
import { checkBackup } from './check-backup.ts'
import { makeBackup } from './make-backup.ts'
import { readManifest } from './manifest.ts'
import { restoreBackup } from './restore-backup.ts'
import { Snapshot } from './snapshot.repository.ts'

const PASSPHRASE = 'correct horse battery staple'
const POINT = 'meter1/energyImport'
const START = Date.parse('2026-03-01T00:00:00Z')
/** The smallest PNG. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
const silent = pino({ level: 'silent' })

let hub: TestHub
let admin: TestClient
let gateway: TestGateway
let old: Uint8Array
let backup: BackupView
let folder: string
let empty: DatabaseLease
let restored: TestHub | null = null

beforeAll(async () => {
  hub = await startTestHub({ log: silent })
  folder = await mkdtemp(join(tmpdir(), 'courtyard-restored-'))
  empty = await leaseDatabase(process.env[KEEPER_VARIABLE]!)
  admin = await hub.as('administrator')
  gateway = await startTestGateway(hub, admin, await createProject(hub))
  await gateway.sendCatalogue([{ key: 'meter1', points: [{ key: 'energyImport' }] }])
  old = gateway.batch(
    readingsOf(
      POINT,
      [1, 2, 3].map((n) => [START + n * 60_000, 1000 + n] as const),
    ),
  )
  await gateway.publish(old)
  await gateway.until(() => gateway.statusesOf(gateway.lastSequence).includes('committed'))
  const stored = join(hub.hub.config.dataFolder, 'files', 'ab')
  await mkdir(stored, { recursive: true })
  await writeFile(join(stored, 'abcdef'), PICTURE)
  await writeFile(join(stored, 'half.part'), 'half')
  const startAfter = new Date('2090-01-01T00:00:00Z')
  await hub.hub.jobs.send('trial.later', { what: 'waits' }, { singletonKey: 'once', startAfter })
  await gateway.stop()
  await admin.call('PUT /api/settings/:key', {
    params: { key: 'backup' },
    body: { version: 0, values: { passphrase: PASSPHRASE } },
  })
})
afterAll(async () => {
  await gateway.stop()
  await restored?.stop()
  await hub.stop()
  empty.release()
  await rm(folder, { recursive: true, force: true })
})

async function until<T>(what: () => Promise<T | undefined | false>): Promise<T> {
  for (let waited = 0; waited < 20_000; waited += 50) {
    const found = await what()
    if (found !== undefined && found !== false) return found
    await sleep(50)
  }
  throw new Error('waited too long')
}
const listed = async (id: string) => (await admin.call('GET /api/backups')).items.find((one) => one.id === id)
const folderOf = ({ name }: BackupView) => join(hub.hub.config.backupFolder, name!)

/** Rows and a hash of all of them, table by table. */
async function contents(pool: pg.Pool): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'
       and table_name not in ('backup', 'schema_migration') order by 1`,
  )
  const found = new Map<string, string>()
  for (const { name } of rows) {
    const { rows: lines } = await pool.query<{ line: string }>(
      `select t::text as line from "${name}" t order by 1`,
    )
    const hash = createHash('sha256')
    for (const { line } of lines) hash.update(`${line}\n`)
    found.set(name, `${lines.length} ${hash.digest('hex')}`)
  }
  return found
}

const restore = (changes: Partial<Parameters<typeof restoreBackup>[0]> = {}) =>
  restoreBackup({
    ...{ folder: folderOf(backup), databaseUrl: empty.url, dataFolder: folder, masterKey: null },
    ...{ passphrase: PASSPHRASE, overwrite: false, filesElsewhere: null, tell: () => undefined, ...changes },
  })

test('of two who press the button one makes a backup, which is read back', async () => {
  const answers = await Promise.all([admin.raw('POST /api/backups'), admin.raw('POST /api/backups')])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  const { id } = answers.find(({ status }) => status === 200)!.body as BackupView
  backup = await until(async () => {
    const view = await listed(id)
    return view?.check?.state === 'good' ? view : undefined
  })
  expect(backup).toMatchObject({ state: 'done', byHand: true, keysInside: true, files: 1, fault: null })
  expect(backup.tables).toBeGreaterThan(60)
  expect(backup.doneBytes).toBe(backup.totalBytes)
  const { keysInside, sameDisk, freeBytes } = await admin.call('GET /api/backups')
  expect([keysInside, sameDisk, freeBytes! > 0]).toEqual([true, true, true])
})

test('nothing in it opens without the passphrase: neither key nor what it seals', async () => {
  const key = (await readFile(join(hub.folder, 'master.key'), 'utf8')).trim()
  for (const name of await readdir(folderOf(backup), { recursive: true })) {
    const path = join(folderOf(backup), name)
    if (!(await stat(path)).isFile()) continue
    const bytes = await readFile(path)
    for (const secret of [key, Buffer.from(key, 'base64'), PASSPHRASE])
      expect(bytes.includes(secret)).toBe(false)
    expect((await stat(path)).mode & 0o077).toBe(0)
  }
})

test('the next one links the files that have not changed, and leaves nothing half behind', async () => {
  await mkdir(join(hub.hub.config.backupFolder, '.unfinished-killed'))
  const { id } = await admin.call('POST /api/backups')
  const next = await until(async () => {
    const view = await listed(id)
    return view?.check?.state === 'good' ? view : undefined
  })
  const path = (await checkBackup(folderOf(next))).files[0]!.path
  expect((await stat(join(folderOf(next), path))).ino).toBe((await stat(join(folderOf(backup), path))).ino)
  expect((await readdir(hub.hub.config.backupFolder)).sort()).toEqual([backup.name, next.name].sort())
})

test('a byte that changed, a file that is gone, a wrong passphrase: nothing is touched', async () => {
  const broken = join(folder, 'broken')
  await cp(folderOf(backup), broken, { recursive: true })
  const table = join(broken, 'tables', 'reading_block.copy.zst')
  const bytes = await readFile(table)
  bytes[bytes.length >> 1]! ^= 1
  await writeFile(table, bytes)
  const whenBroken = { code: 'backup.broken', details: { reason: { code: 'backup.file_changed' } } }
  await expect(restore({ folder: broken })).rejects.toMatchObject(whenBroken)
  await rm(table)
  await expect(restore({ folder: broken })).rejects.toMatchObject({
    details: { reason: { code: 'backup.file_missing', file: 'tables/reading_block.copy.zst' } },
  })
  await rm(broken, { recursive: true })
  await expect(restore({ passphrase: 'another one entirely' })).rejects.toMatchObject({
    code: 'restore.passphrase',
  })
  await expect(restore({ passphrase: null })).rejects.toMatchObject({ code: 'restore.passphrase' })
  expect(await readdir(folder)).toEqual([])
})

test('restored into an empty database, every table and file is what it was', async () => {
  const before = await contents(hub.hub.db.pool)
  const manifest = await restore()
  expect(manifest.tables.length).toBe(before.size)
  const pool = new pg.Pool({ connectionString: empty.url })
  const after = await contents(pool)
  // Written when the backup was asked for and made
  for (const name of ['audit_entry', 'setting', 'session']) expect(after.get(name)).toBeDefined()
  const differing = [...before.keys()].filter((name) => before.get(name) !== after.get(name))
  expect(differing.filter((name) => name !== 'audit_entry')).toEqual([])
  expect(Number(after.get('reading_block')!.split(' ')[0])).toBeGreaterThan(0)
  const [file] = manifest.files
  expect(await readFile(join(folder, file!.path.replace(/^data\//, '')))).toEqual(PICTURE)
  const { rows } = await pool.query(
    `select data, singleton_key from pgboss.job where name = 'trial.later' and state = 'created'`,
  )
  expect(rows).toEqual([{ data: { what: 'waits' }, singleton_key: 'once' }])
  await pool.end()
})

test('the gateway goes on with the restored hub: what it sends again is not stored twice', async () => {
  restored = await startTestHub({
    log: silent,
    environment: { DATABASE_URL: empty.url, COURTYARD_DATA: folder },
  })
  const { broker, db } = restored.hub
  const again = new TestGateway({
    gatewayId: gateway.id,
    mqttUrl: broker.publicUrl,
    password: gateway.password,
  })
  await again.connect()
  const later = gateway.batch(readingsOf(POINT, [[START + 240_000, 1004]]))
  for (const bytes of [old, later, later]) await again.publish(bytes)
  const outcomes = () =>
    again.acks
      .flatMap(({ batches }) => batches)
      .filter(({ outbox }) => outbox === gateway.outbox)
      .map(({ sequence, status }) => `${sequence} ${status}`)
  await again.until(() => outcomes().length >= 3)
  expect(outcomes().sort()).toEqual(['1 duplicate', '2 committed', '2 duplicate'])
  const { rows } = await db.pool.query(
    `select count(*)::int as readings, count(distinct at)::int as instants from (
       select b.first_at + o * interval '1 ms' as at from reading_block b, unnest(b.offsets) as o) as r`,
  )
  expect(rows).toEqual([{ readings: 4, instants: 4 }])
  await again.stop()
})

test('files in S3 are in it, each fetched once for all backups, and go where the restored hub keeps its own', async () => {
  const [from, to] = await Promise.all([S3StandIn.start(), S3StandIn.start()])
  const { db, config } = hub.hub
  const backups = await mkdtemp(join(tmpdir(), 'courtyard-backups-'))
  const other = await leaseDatabase(process.env[KEEPER_VARIABLE]!)
  const make = async () => {
    const snapshot = (await Snapshot.open(db.url))!
    const made = makeBackup({
      ...{ id: randomUUID(), slot: null, requestedBy: 'x', hubVersion: '0', backupFolder: backups },
      ...{ dataFolder: config.dataFolder, masterKey: null, passphrase: PASSPHRASE, snapshot },
      ...{ filesElsewhere: new S3Store(from.options), signal: new AbortController().signal },
      progress: () => undefined,
    })
    await made.catch(() => undefined)
    await snapshot.close()
    return made
  }
  try {
    const hash = createHash('sha256').update(PICTURE).digest('hex')
    const now = new Date()
    await new S3Store(from.options).put(hash, PICTURE)
    await rememberFile(db.pool, { hash, sizeBytes: PICTURE.length, now, checkDue: now })
    const first = await make()
    const path = `data/${placeOf(hash)}`
    expect(first.manifest.files).toContainEqual({ path, bytes: PICTURE.length, sha256: hash })
    const second = await make()
    expect(from.asked.filter((one) => one.startsWith('GET'))).toHaveLength(1)
    const places = [first, second].map(({ name }) => join(backups, name, path))
    expect(new Set((await Promise.all(places.map((one) => stat(one)))).map(({ ino }) => ino)).size).toBe(1)

    const dataFolder = join(backups, 'restored')
    await restore({
      ...{ folder: join(backups, second.name), databaseUrl: other.url, dataFolder, overwrite: true },
      filesElsewhere: new S3Store(to.options),
    })
    expect([...to.objects]).toEqual([[`/courtyard/site-1/${placeOf(hash)}`, PICTURE]])
    await expect(stat(join(dataFolder, placeOf(hash)))).rejects.toMatchObject({ code: 'ENOENT' })

    // What the store gives is looked at: a backup with other bytes is none
    from.objects.set(`/courtyard/site-1/${placeOf(hash)}`, Buffer.from('other'))
    await Promise.all([first, second].map(({ name }) => rm(join(backups, name), { recursive: true })))
    await expect(make()).rejects.toMatchObject({ code: 'backup.broken' })
    expect(await readdir(backups)).toEqual(['restored'])
  } finally {
    await db.pool.query('delete from stored_file')
    from.stop()
    to.stop()
    other.release()
    await rm(backups, { recursive: true, force: true })
  }
})

test('over a running hub, or over data, only when that is said', async () => {
  await expect(restore({ overwrite: true })).rejects.toMatchObject({ code: 'restore.hub_running' })
  await restored!.stop()
  restored = null
  // Its folder went with it: the key is put back from the backup
  await expect(restore()).rejects.toMatchObject({ code: 'restore.not_empty' })
  await restore({ overwrite: true })
  await writeFile(join(folder, 'master.key'), `${Buffer.alloc(32, 7).toString('base64')}\n`)
  await expect(restore({ overwrite: true })).rejects.toMatchObject({ code: 'restore.keys' })
})

/** Unpacks a zip into a folder, as any program does. */
async function unpack(zip: Buffer, into: string): Promise<void> {
  const opened = await yauzl.fromBufferPromise(zip, { lazyEntries: true })
  for await (const entry of opened.eachEntry()) {
    const path = join(into, entry.fileName)
    await mkdir(dirname(path), { recursive: true })
    await pipeline(await opened.openReadStreamPromise(entry), createWriteStream(path))
  }
}

test('downloaded it is one file of a known size, which unpacks to the same backup, and is on record', async () => {
  const path = `/api/backups/${backup.id}/download`
  const answer = await hub.app.inject({ url: path, headers: admin.headers })
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-disposition']).toContain(`courtyard-backup-${backup.name}.zip`)
  expect(Number(answer.headers['content-length'])).toBe(answer.rawPayload.length)
  const unpacked = join(folder, 'unpacked')
  await unpack(answer.rawPayload, unpacked)
  expect(await readdir(unpacked)).toEqual([backup.name])
  const manifest = await checkBackup(join(unpacked, backup.name!))
  expect(manifest).toEqual(await readManifest(folderOf(backup)))
  await rm(unpacked, { recursive: true })
  const { items } = await admin.call('GET /api/audit', { query: { entity: 'backup' } })
  expect(items[0]).toMatchObject({ action: 'backup.download', entityId: backup.id })
  const manager = await hub.as('manager')
  expect((await hub.app.inject({ url: path, headers: manager.headers })).statusCode).toBe(403)
})

test('of two who delete the last two, one is asked again: it is the last that could be restored', async () => {
  const remove = (id: string, query: { evenLast?: string } = {}) =>
    admin.raw('DELETE /api/backups/:id', { params: { id }, query })
  const { backupFolder } = hub.hub.config
  const kept = join(folder, 'kept')
  await cp(folderOf(backup), kept, { recursive: true })
  const both = (await admin.call('GET /api/backups')).items
  const answers = await Promise.all(both.map(({ id }) => remove(id)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  const refused = answers.findIndex(({ status }) => status === 409)
  expect(answers[refused]!.body).toMatchObject({ error: { code: 'backup.last_good' } })
  const last = both[refused]!
  expect((await admin.call('GET /api/backups')).items).toMatchObject([{ id: last.id, state: 'done' }])
  expect(await readdir(backupFolder)).toEqual([last.name])
  expect((await remove(last.id, { evenLast: 'true' })).status).toBe(200)
  expect(await readdir(backupFolder)).toEqual([])
  expect((await remove(last.id)).status).toBe(404)
  // Put back by hand, it is found again
  await rename(kept, folderOf(backup))
  await adoptFolder(hub.hub)
  expect(await listed(backup.id)).toMatchObject({ state: 'done', name: backup.name })
})

test('a backup that fails is told to administrators, and so is one that somebody has damaged', async () => {
  const { backupFolder } = hub.hub.config
  await writeFile(join(folderOf(backup), 'jobs.ndjson.zst'), 'nothing')
  await admin.call('POST /api/backups/:id/check', { params: { id: backup.id } })
  const bad = await until(async () => {
    const view = await listed(backup.id)
    return view?.check?.state === 'bad' ? view : undefined
  })
  expect(bad.check!.fault).toContain('jobs.ndjson.zst')
  await rm(backupFolder, { recursive: true })
  await writeFile(backupFolder, 'a file stands in the way')
  const { id } = await admin.call('POST /api/backups')
  const failed = await until(async () => {
    const view = await listed(id)
    return view?.state === 'failed' ? view : undefined
  })
  expect(failed.fault).toMatch(/EEXIST/)
  const { items } = await admin.call('GET /api/messages')
  expect(items.map(({ template }) => template.key)).toEqual(['backup.failed', 'backup.damaged'])
  await rm(backupFolder)
})

test('stopped in the middle it leaves nothing, and says so', async () => {
  const stopping = new AbortController()
  const { db, config } = hub.hub
  const { rows } = await db.pool.query<{ id: string }>(
    `insert into backup (id, state, requested_by, requested_at, hub_version)
     values (gen_random_uuid(), 'waiting', 'x', now(), '0') returning id`,
  )
  // At its first word about how far it is, which comes when the first table is being copied
  const noticing: typeof db.pool.query = ((text: string, values: unknown[]) => {
    if (text.includes('set done_bytes')) stopping.abort()
    return db.pool.query(text, values)
  }) as never
  const pool = new Proxy(db.pool, {
    get: (target, name) => (name === 'query' ? noticing : (Reflect.get(target, name) as unknown)),
  })
  await makeWaiting(
    { ...hub.hub, publicUrl: '', log: silent, db: { ...db, pool } },
    rows[0]!.id,
    stopping.signal,
  )
  const stopped = await listed(rows[0]!.id)
  expect(stopped).toMatchObject({ state: 'failed', name: null })
  expect(stopped!.fault).toMatch(/系统停止|stopped/)
  expect(await readdir(config.backupFolder)).toEqual([])
})

test('the schedule is served once, also by a hub that was off; one that died is said to have failed', async () => {
  const { db } = hub.hub
  const dead = randomUUID()
  await db.pool.query(
    `insert into backup (id, state, requested_by, requested_at, hub_version) values ($1, 'running', 'x', now(), '0')`,
    [dead],
  )
  const tomorrow = {
    ...hub.hub,
    clock: manualClock(new Date(Date.now() + 86_400_000)),
    publicUrl: hub.hub.publicUrl,
  }
  await look(tomorrow)
  await look(tomorrow)
  expect(await listed(dead)).toMatchObject({ state: 'failed', byHand: true })
  const { rows } = await db.pool.query<{ slot: string }>(`select slot from backup where slot is not null`)
  expect(rows).toHaveLength(1)
  expect(rows[0]!.slot).toMatch(/^\d{4}-\d\d-\d\d 02:30$/)
  await until(
    async () => (await admin.call('GET /api/backups')).items.find(({ byHand }) => !byHand)?.state === 'done',
  )
})

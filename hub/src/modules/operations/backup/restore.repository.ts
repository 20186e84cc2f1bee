/** Puts the tables of a backup in the place of what a database holds: all of it, or nothing. */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress, zstdDecompressSync } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { BACKUP_LOCK, MIGRATION_LOCK, OWNER_LOCK } from '../../../platform/database/advisory-locks.ts'
import type { Migration } from '../../../platform/database/migrate.ts'
import { fail } from '../../../platform/errors.ts'
import { PendingJobs } from '../../../platform/jobs/pending-jobs.ts'
import { operationsErrors } from '../errors.ts'
import { broken } from './check-backup.ts'
import type { Manifest } from './manifest.ts'
import { quoted, type WaitingJob } from './snapshot.repository.ts'

export interface DatabaseTask {
  readonly url: string
  /** The backup's folder. */
  readonly folder: string
  readonly manifest: Manifest
  /** Those of the manifest, with their text. */
  readonly migrations: readonly Migration[]
  readonly overwrite: boolean
  readonly tell: (what: string) => void
}

/**
 * @throws AppError `restore.hub_running`, `restore.not_empty` (without `overwrite`), `backup.broken`; the database is
 *   what it was then
 */
export async function restoreDatabase(task: DatabaseTask): Promise<void> {
  const client = new pg.Client({ connectionString: task.url, application_name: 'courtyard-restore' })
  client.on('error', () => undefined)
  await client.connect()
  const jobs = new PendingJobs(task.url)
  try {
    await requireAlone(client)
    if (!task.overwrite) await requireEmpty(client)
    const waiting = await readJobs(task.folder, task.manifest)
    await jobs.prepare(waiting)
    await client.query('begin')
    await replaceTables(client, task)
    await jobs.replaceAll(client, waiting)
    await client.query('commit')
    await client.query('analyze')
  } finally {
    // Uncommitted work goes with its connection
    await client.end().catch(() => undefined)
    await jobs.close()
  }
}

/** Hubs hold a connection for their jobs as long as they live; one that starts now waits, or says that it is in use. */
async function requireAlone(client: pg.Client): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
  const { rows } = await client.query<{ hubs: number; free: boolean }>(
    `select (select count(*)::int from pg_stat_activity
         where datname = current_database() and application_name = 'courtyard-jobs') as hubs,
       pg_try_advisory_lock($1) and pg_try_advisory_lock($2) as free`,
    [BACKUP_LOCK, OWNER_LOCK],
  )
  if (rows[0]!.hubs === 0 && rows[0]!.free) return
  throw fail(operationsErrors.restoreHubRunning, 'A hub is working on this database; stop it first')
}

/** What a hub that was only started has is not data. */
const DATA = ['app_user', 'project', 'gateway', 'reading_batch', 'reading_block', 'audit_entry']

async function requireEmpty(client: pg.Client): Promise<void> {
  for (const table of DATA) {
    const { rows: known } = await client.query<{ known: boolean }>(
      `select to_regclass('public.' || $1) is not null as known`,
      [table],
    )
    if (!known[0]!.known) continue
    const { rows } = await client.query<{ filled: boolean }>(
      `select exists (select from public.${quoted(table)}) as filled`,
    )
    if (!rows[0]!.filled) continue
    throw fail(
      operationsErrors.restoreNotEmpty,
      `There is data in the database already (${table}); --overwrite replaces all of it`,
    )
  }
}

async function replaceTables(client: pg.Client, task: DatabaseTask): Promise<void> {
  const { manifest, migrations, tell } = task
  await client.query('drop schema public cascade')
  await client.query('create schema public')
  await client.query('grant usage on schema public to public')
  await client.query(
    `create table schema_migration (
      name text primary key, checksum text not null, applied_at timestamptz not null default now())`,
  )
  for (const { name, sql, checksum } of migrations) {
    await client.query(sql)
    await client.query('insert into schema_migration (name, checksum) values ($1, $2)', [name, checksum])
  }
  const keys = await takeForeignKeys(client)
  for (const table of manifest.tables) {
    tell(`${table.name}: ${table.rows} rows`)
    await fillTable(client, task.folder, table)
  }
  for (const { table, name, definition } of keys)
    await client.query(`alter table ${table} add constraint ${quoted(name)} ${definition}`)
  for (const { name, last, called } of manifest.sequences)
    await client.query(`select setval(('public.' || quote_ident($1))::regclass, $2::bigint, $3)`, [
      name,
      last,
      called,
    ])
}

interface ForeignKey {
  readonly table: string
  readonly name: string
  readonly definition: string
}

/** Tables are filled in any order; adding the keys again proves that they hold. */
async function takeForeignKeys(client: pg.Client): Promise<ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace order by oid`,
  )
  for (const { table, name } of rows)
    await client.query(`alter table ${table} drop constraint ${quoted(name)}`)
  return rows
}

async function fillTable(
  client: pg.Client,
  folder: string,
  table: Manifest['tables'][number],
): Promise<void> {
  const target = `public.${quoted(table.name)}`
  // A migration may have put something in; triggers guard against what people do
  await client.query(`alter table ${target} disable trigger user`)
  await client.query(`delete from ${target}`)
  const into = client.query(copyFrom(`copy ${target} (${table.columns.map(quoted).join(', ')}) from stdin`))
  await pipeline(createReadStream(join(folder, table.file.path)), createZstdDecompress(), into)
  if (into.rowCount !== table.rows) {
    throw broken({
      code: 'backup.rows_differ',
      table: table.name,
      expected: table.rows,
      found: into.rowCount,
    })
  }
  await client.query(`alter table ${target} enable trigger user`)
}

async function readJobs(folder: string, { jobs }: Manifest): Promise<WaitingJob[]> {
  const text = zstdDecompressSync(await readFile(join(folder, jobs.file.path))).toString('utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as WaitingJob)
}

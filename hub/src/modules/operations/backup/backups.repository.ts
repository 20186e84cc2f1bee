/** Rows of backups. Instants are those of the hub's clock. */
import type { Pool, PoolClient } from 'pg'
import { storedReason, type Reason } from '../../../platform/reasons/reason.ts'
import type { Manifest } from './manifest.ts'

type Client = Pick<PoolClient, 'query'> | Pool

export interface BackupRow {
  readonly id: string
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  readonly slot: string | null
  readonly requestedBy: string
  readonly requestedAt: Date
  readonly finishedAt: Date | null
  readonly name: string | null
  readonly hubVersion: string
  readonly totalBytes: string
  readonly doneBytes: string
  readonly bytes: string
  readonly tables: number
  readonly rows: string
  readonly files: number
  readonly keysInside: boolean
  readonly fault: Reason | null
  readonly checkState: 'waiting' | 'good' | 'bad' | null
  readonly checkedAt: Date | null
  readonly checkFault: Reason | null
}

const COLUMNS = `id, state, slot, requested_by as "requestedBy", requested_at as "requestedAt",
  finished_at as "finishedAt", name, hub_version as "hubVersion", total_bytes::text as "totalBytes",
  done_bytes::text as "doneBytes", bytes::text, tables, rows::text, files, keys_inside as "keysInside", fault,
  check_state as "checkState", checked_at as "checkedAt", check_fault as "checkFault"`

export async function listBackups(client: Client): Promise<BackupRow[]> {
  const { rows } = await client.query<BackupRow>(
    `select ${COLUMNS} from backup order by requested_at desc, id limit 500`,
  )
  return rows
}

/** All, none of which is removed or ends meanwhile. */
export async function lockBackups(client: PoolClient): Promise<BackupRow[]> {
  const { rows } = await client.query<BackupRow>(`select ${COLUMNS} from backup order by id for update`)
  return rows
}

export async function findBackup(client: Client, id: string): Promise<BackupRow | null> {
  const { rows } = await client.query<BackupRow>(`select ${COLUMNS} from backup where id = $1`, [id])
  return rows[0] ?? null
}

export interface NewBackup {
  readonly id: string
  readonly slot: string | null
  readonly by: string
  readonly at: Date
  readonly hubVersion: string
}

/** @returns false when one is under way, or the slot is served */
export async function insertWaiting(client: PoolClient, one: NewBackup): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into backup (id, state, slot, requested_by, requested_at, hub_version)
     values ($1, 'waiting', $2, $3, $4, $5) on conflict do nothing`,
    [one.id, one.slot, one.by, one.at, one.hubVersion],
  )
  return rowCount === 1
}

/** @returns false when it does not wait any more */
export async function markRunning(client: Client, id: string, at: Date): Promise<boolean> {
  const { rowCount } = await client.query(
    `update backup set state = 'running', started_at = $2 where id = $1 and state = 'waiting'`,
    [id, at],
  )
  return rowCount === 1
}

export async function noteProgress(client: Client, id: string, done: number, total: number): Promise<void> {
  await client.query(
    `update backup set done_bytes = $2, total_bytes = $3 where id = $1 and state = 'running'`,
    [id, Math.round(done), Math.round(total)],
  )
}

export interface Outcome {
  readonly name: string
  readonly manifest: Manifest
  readonly bytes: number
  readonly at: Date
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

export async function markDone(
  client: Client,
  id: string,
  { name, manifest, bytes, at }: Outcome,
): Promise<void> {
  await client.query(
    `update backup set state = 'done', finished_at = $2, name = $3, bytes = $4, tables = $5, rows = $6, files = $7,
       keys_inside = $8, done_bytes = total_bytes, fault = null where id = $1`,
    [
      id,
      at,
      name,
      bytes,
      manifest.tables.length,
      sum(manifest.tables.map(({ rows }) => rows)),
      manifest.files.length,
      manifest.keys !== null,
    ],
  )
}

/** @returns whether it had not ended before */
export async function markFailed(client: Client, id: string, fault: Reason, at: Date): Promise<boolean> {
  const { rowCount } = await client.query(
    `update backup set state = 'failed', fault = $2::jsonb, finished_at = $3
     where id = $1 and state in ('waiting', 'running')`,
    [id, storedReason(fault), at],
  )
  return rowCount === 1
}

/** Those that nobody is at; to be asked only when no backup is alive. */
export async function runningBackups(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(`select id from backup where state = 'running'`)
  return rows.map(({ id }) => id)
}

/**
 * One that lies in the folder and is not known: of the time before a restore, or of another hub. It stands there as
 * failed for as long as the transaction lasts, so that it meets none that is under way.
 */
export async function insertFound(client: PoolClient, found: Outcome): Promise<void> {
  const { manifest } = found
  const { rowCount } = await client.query(
    `insert into backup (id, state, slot, requested_by, requested_at, hub_version)
     select $1, 'failed', case when exists (select from backup where slot = $5 and state <> 'failed') then null else $5 end,
       $2, $3, $4 on conflict do nothing`,
    [manifest.id, manifest.requestedBy, new Date(manifest.takenAt), manifest.hubVersion, manifest.slot],
  )
  if (rowCount === 1) await markDone(client, manifest.id, found)
}

export async function removeBackups(client: Client, ids: readonly string[]): Promise<void> {
  await client.query(`delete from backup where id = any($1::uuid[])`, [ids])
}

/** Failures are told for a month. */
export async function removeOldFailures(client: Client, before: Date): Promise<void> {
  await client.query(`delete from backup where state = 'failed' and requested_at < $1`, [before])
}

export async function markCheck(
  client: Client,
  id: string,
  state: 'waiting' | 'good' | 'bad',
  fault: Reason | null,
  at: Date | null,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update backup set check_state = $2, check_fault = $3::jsonb, checked_at = coalesce($4, checked_at)
     where id = $1 and state = 'done'`,
    [id, state, fault === null ? null : storedReason(fault), at],
  )
  return rowCount === 1
}

/** When the hub was installed. */
export async function installedAt(client: Client): Promise<Date> {
  const { rows } = await client.query<{ at: Date }>('select min(applied_at) as at from schema_migration')
  return rows[0]!.at
}

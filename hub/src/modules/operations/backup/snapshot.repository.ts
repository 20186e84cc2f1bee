/** The whole database as it was at one instant, table by table. */
import type { Readable } from 'node:stream'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { BACKUP_LOCK } from '../../../platform/database/advisory-locks.ts'

/** Of this folder, not of what is backed up; and what migrations write themselves. */
const LEFT_OUT = ['backup', 'schema_migration']

export interface TableFacts {
  readonly name: string
  /** Without generated ones. */
  readonly columns: readonly string[]
  /** As they lie in the database. */
  readonly bytes: number
}

export interface SequenceFacts {
  readonly name: string
  readonly last: string
  readonly called: boolean
}

/** A job that waits, or was under way: it is begun again after a restore. */
export interface WaitingJob {
  readonly name: string
  readonly data: object
  readonly singletonKey: string | null
  /** ISO 8601. */
  readonly startAfter: string
  readonly expireInSeconds: number
}

/** A connection of its own with one snapshot; closing it ends the snapshot. */
export class Snapshot {
  private readonly client: pg.Client

  private constructor(client: pg.Client) {
    this.client = client
  }

  /** Null when another backup is being made. */
  static async open(url: string): Promise<Snapshot | null> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'courtyard-backup',
      keepAlive: true,
    })
    // What is under way fails by itself then
    client.on('error', () => undefined)
    await client.connect()
    try {
      const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [
        BACKUP_LOCK,
      ])
      if (rows[0]?.free) return new Snapshot(client)
      await client.end()
      return null
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
  }

  /** @returns the instant of the snapshot, and the version of the server */
  async begin(): Promise<{ takenAt: Date; postgres: string }> {
    await this.client.query('begin isolation level repeatable read read only')
    const { rows } = await this.client.query<{ takenAt: Date; postgres: string }>(
      `select clock_timestamp() as "takenAt", current_setting('server_version') as postgres`,
    )
    return rows[0]!
  }

  async tables(): Promise<TableFacts[]> {
    const { rows } = await this.client.query<{ name: string; columns: string[]; bytes: string }>(
      `select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns,
         pg_table_size(c.oid)::text as bytes
       from pg_class c join pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> all($1::text[])
         and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       group by c.oid, c.relname order by c.relname`,
      [LEFT_OUT],
    )
    return rows.map((row) => ({ ...row, bytes: Number(row.bytes) }))
  }

  /** Uploaded files, of which each lies under its hash. */
  async storedFiles(): Promise<{ hash: string; bytes: number }[]> {
    const { rows } = await this.client.query<{ hash: string; bytes: string }>(
      'select hash, size_bytes::text as bytes from stored_file order by hash',
    )
    return rows.map(({ hash, bytes }) => ({ hash, bytes: Number(bytes) }))
  }

  async migrations(): Promise<{ name: string; checksum: string }[]> {
    const { rows } = await this.client.query<{ name: string; checksum: string }>(
      'select name, checksum from schema_migration order by name',
    )
    return rows
  }

  /** Sequences know no snapshot: read after the tables, none stands before an id that is in them. */
  async sequences(): Promise<SequenceFacts[]> {
    const { rows } = await this.client.query<SequenceFacts>(
      `select sequencename as name, coalesce(last_value, start_value)::text as last, last_value is not null as called
       from pg_sequences where schemaname = 'public' order by sequencename`,
    )
    return rows
  }

  /** What the schedule makes again by itself, and what concerns backups, is left out. */
  async waitingJobs(): Promise<WaitingJob[]> {
    const { rows } = await this.client.query<WaitingJob>(
      `select j.name, coalesce(j.data, '{}') as data, j.singleton_key as "singletonKey",
         to_char(j.start_after at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "startAfter",
         q.expire_seconds as "expireInSeconds"
       from pgboss.job j join pgboss.queue q on q.name = j.name
       where j.state in ('created', 'retry', 'active') and j.singleton_key is distinct from 'schedule'
         and j.name not like '\\_\\_pgboss\\_\\_%' and j.name not like 'backup.%'
       order by j.created_on, j.id`,
    )
    return rows
  }

  /** COPY's text format: a row a line. */
  copy(table: TableFacts): Readable & { rowCount: number } {
    const columns = table.columns.map(quoted).join(', ')
    return this.client.query(copyTo(`copy public.${quoted(table.name)} (${columns}) to stdout`))
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined)
  }
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** True when no process is making a backup; those that are said to be under way have died then. */
export async function noneAlive(pool: Pick<pg.Pool, 'connect'>): Promise<boolean> {
  const client = await pool.connect()
  try {
    const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [
      BACKUP_LOCK,
    ])
    if (!rows[0]?.free) return false
    await client.query('select pg_advisory_unlock($1)', [BACKUP_LOCK])
    return true
  } finally {
    client.release()
  }
}

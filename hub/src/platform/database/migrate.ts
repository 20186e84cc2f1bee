import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Logger } from 'pino'
import { fail, platformErrors } from '../errors.ts'
import { MIGRATION_LOCK } from './advisory-locks.ts'

export interface Migration {
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file, hexadecimal. */
  readonly checksum: string
}

const defaultFolder = fileURLToPath(new URL('../../../prisma/migrations/', import.meta.url))

/** The migrations of a folder in the order of their names. */
export async function readMigrations(folder = defaultFolder): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(`${folder}/${name}/migration.sql`, 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/**
 * Brings the database to the newest migration; several hubs starting at once wait for each other. Each
 * migration is one transaction: it is applied wholly or not at all.
 * @returns names of those applied now
 * @throws AppError `database.migration_changed` when an applied file has another content now;
 *   `database.migration_failed` with the migration's name
 */
export async function applyMigrations(url: string, log: Logger, migrations?: Migration[]): Promise<string[]> {
  const wanted = migrations ?? (await readMigrations())
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migration (
        name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    )
    const { rows } = await client.query<{ name: string; checksum: string }>(
      'SELECT name, checksum FROM schema_migration',
    )
    const pending = pendingMigrations(wanted, new Map(rows.map((row) => [row.name, row.checksum])))
    for (const migration of pending) await applyOne(client, migration, log)
    return pending.map((migration) => migration.name)
  } finally {
    await client.end()
  }
}

/** Pure: what is still to be done. @throws AppError when history and files disagree */
export function pendingMigrations(
  wanted: readonly Migration[],
  applied: ReadonlyMap<string, string>,
): Migration[] {
  const known = new Set(wanted.map((migration) => migration.name))
  const missing = [...applied.keys()].filter((name) => !known.has(name))
  const changed = wanted.filter((one) => applied.has(one.name) && applied.get(one.name) !== one.checksum)
  if (missing.length + changed.length > 0) {
    const names = [
      ...missing.map((name) => `${name} (file missing)`),
      ...changed.map((one) => `${one.name} (file changed)`),
    ]
    throw fail(
      platformErrors.migrationChanged,
      `The database was migrated by other files than these: ${names.join(', ')}. Use the version that made it, or a fresh data folder.`,
    )
  }
  return wanted.filter((migration) => !applied.has(migration.name))
}

async function applyOne(client: pg.Client, migration: Migration, log: Logger): Promise<void> {
  try {
    await client.query('BEGIN')
    await client.query(migration.sql)
    await client.query('INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)', [
      migration.name,
      migration.checksum,
    ])
    await client.query('COMMIT')
    log.info({ migration: migration.name }, 'migration applied')
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw fail(
      platformErrors.migrationFailed,
      `Migration ${migration.name} failed: ${reason}`,
      undefined,
      cause,
    )
  }
}

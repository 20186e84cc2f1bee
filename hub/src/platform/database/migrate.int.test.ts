import { readFileSync } from 'node:fs'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { initialMigration } from '../../../scripts/initial-migration.ts'
import { openTestDatabase } from '../testing-database.ts'
import { applyMigrations, pendingMigrations, readMigrations } from './migrate.ts'

const log = pino({ level: 'silent' })
let test1: Awaited<ReturnType<typeof openTestDatabase>>
beforeAll(async () => {
  test1 = await openTestDatabase()
})
afterAll(() => test1.close())

const migration = (name: string, sql: string) => ({ name, sql, checksum: `sum of ${sql}` })

async function newDatabase(name: string): Promise<string> {
  await test1.db.pool.query(`CREATE DATABASE ${name}`)
  return test1.db.url.replace(/[^/]+$/, name)
}

test('the migration is what the models and prisma/sql say; if not: npm run migration -w hub', async () => {
  const written = readFileSync(
    new URL('../../../prisma/migrations/0001_init/migration.sql', import.meta.url),
    'utf8',
  )
  expect(written).toBe(await initialMigration(test1.db.url))
})

test('several hubs that start at once apply each migration once', async () => {
  const url = await newDatabase('together')
  const migrations = await readMigrations()
  const applied = await Promise.all([1, 2, 3].map(() => applyMigrations(url, log, migrations)))
  expect(applied.flat()).toEqual(migrations.map((one) => one.name))
  expect(await applyMigrations(url, log, migrations)).toEqual([])
})

test('a migration that fails changes nothing and is named', async () => {
  const url = await newDatabase('broken')
  const good = migration('0001_good', 'CREATE TABLE good (n int)')
  const bad = migration('0002_bad', 'CREATE TABLE half (n int); SELECT nonsense')
  await expect(applyMigrations(url, log, [good, bad])).rejects.toMatchObject({
    code: 'database.migration_failed',
    message: expect.stringContaining('0002_bad') as string,
  })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(
    `SELECT to_regclass('good')::text AS good, to_regclass('half')::text AS half`,
  )
  expect(rows).toEqual([{ good: 'good', half: null }])
  await client.end()
})

test('refuses a history that was rewritten', () => {
  const applied = new Map([
    ['0001_a', 'sum of A'],
    ['0002_gone', 'x'],
  ])
  expect(() => pendingMigrations([migration('0001_a', 'B'), migration('0003_c', 'C')], applied)).toThrow(
    /0002_gone \(file missing\), 0001_a \(file changed\)/,
  )
  expect(
    pendingMigrations(
      [migration('0001_a', 'A'), migration('0003_c', 'C')],
      new Map([['0001_a', 'sum of A']]),
    ),
  ).toEqual([migration('0003_c', 'C')])
})

/**
 * Writes `prisma/migrations/0001_init/migration.sql` anew from all models and `prisma/sql/*.sql`.
 * While nothing is released there is only this one migration; afterwards it must never change again.
 */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../src/platform/database/embedded-postgres.ts'
import { initialMigration } from './initial-migration.ts'
import { prismaFolder } from './schema-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'courtyard-migration-'))
const server = await startEmbeddedPostgres({
  folder,
  log: pino({ level: 'warn' }),
  settings: { fsync: 'off' },
})
try {
  const target = join(prismaFolder, 'migrations/0001_init')
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'migration.sql'), await initialMigration(server.url))
  process.stdout.write(`written: ${join(target, 'migration.sql')}\n`)
} finally {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

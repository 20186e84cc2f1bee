/**
 * Writes `prisma/migrations/0001_init/migration.sql` anew from all models and `prisma/sql/*.sql`.
 * While nothing is released there is only this one migration; afterwards it must never change again.
 */
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../src/platform/database/embedded-postgres.ts'
import { prismaFolder, scriptOfModels } from './schema-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'courtyard-migration-'))
const server = await startEmbeddedPostgres({
  folder,
  log: pino({ level: 'warn' }),
  settings: { fsync: 'off' },
})
try {
  const target = join(prismaFolder, 'migrations/0001_init')
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'migration.sql'), (await scriptOfModels(server.url)) + additions())
  process.stdout.write(`written: ${join(target, 'migration.sql')}\n`)
} finally {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** What Prisma's schema language cannot say: partial indexes, storage settings, checks. */
function additions(): string {
  const sqlFolder = join(prismaFolder, 'sql')
  const names = readdirSync(sqlFolder).filter((name) => name.endsWith('.sql'))
  return names
    .sort()
    .map((name) => `\n-- prisma/sql/${name}\n${readFileSync(join(sqlFolder, name), 'utf8').trim()}\n`)
    .join('')
}

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { allResources } from './all-resources.ts'
import { indexSqlOf } from '../src/platform/resource/search-index.ts'
import { prismaFolder, scriptOfModels } from './schema-engine.ts'

/**
 * The whole of 0001: tables of all models, then `prisma/sql/*.sql`, then the indexes that the declarations of resources
 * ask for. Needs any PostgreSQL for the engine.
 */
export async function initialMigration(databaseUrl: string): Promise<string> {
  return (await scriptOfModels(databaseUrl)) + additions() + (await indexesOfResources())
}

/** What Prisma's schema language cannot say: partial indexes, storage settings, checks. */
function additions(): string {
  const folder = join(prismaFolder, 'sql')
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return (
    names
      // platform first: others use its functions
      .sort((a, b) => Number(b === 'platform.sql') - Number(a === 'platform.sql') || (a < b ? -1 : 1))
      .map((name) => `\n-- prisma/sql/${name}\n${readFileSync(join(folder, name), 'utf8').trim()}\n`)
      .join('')
  )
}

async function indexesOfResources(): Promise<string> {
  const parts = (await allResources()).map((one) => `\n-- resource ${one.name}\n${indexSqlOf(one)}`)
  return parts.join('')
}

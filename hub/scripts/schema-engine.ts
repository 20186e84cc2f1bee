/**
 * Prisma's schema engine as WebAssembly: the native binary cannot be downloaded on a closed machine.
 * Only the migration script and the test that compares migrations with the models use it.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { PrismaPg } from '@prisma/adapter-pg'
import { SchemaEngine } from '@prisma/schema-engine-wasm'

export const prismaFolder = fileURLToPath(new URL('../prisma/', import.meta.url))

interface SchemaFile {
  path: string
  content: string
}

/** All `prisma/models/*.prisma`, in the order of their names. */
export function readModels(): SchemaFile[] {
  const folder = `${prismaFolder}models/`
  return readdirSync(folder)
    .filter((name) => name.endsWith('.prisma'))
    .sort()
    .map((name) => ({ path: name, content: readFileSync(folder + name, 'utf8') }))
}

const noFilters = { externalTables: [], externalEnums: [] }

async function openEngine(databaseUrl: string) {
  const models = readModels()
  return SchemaEngine.new(
    { datamodels: models.map(({ path, content }) => [path, content] as [string, string]) },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new PrismaPg(databaseUrl)),
  )
}

/** SQL that turns an empty database into the models. */
export async function scriptOfModels(databaseUrl: string): Promise<string> {
  const engine = await openEngine(databaseUrl)
  const result = await engine.diff({
    from: { tag: 'empty' },
    to: { tag: 'schemaDatamodel', files: readModels() },
    script: true,
    exitCode: null,
    filters: noFilters,
  })
  return result.stdout ?? ''
}

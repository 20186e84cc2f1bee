import { globSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findResource, type Resource } from '../src/platform/resource/resource.ts'

const sources = fileURLToPath(new URL('../src/', import.meta.url))

/**
 * What `*.resource.ts` of all modules declare, by name. The files are loaded one by one, not through the modules: those
 * need the Prisma client, which does not know a new table yet.
 */
export async function allResources(): Promise<Resource[]> {
  const files = globSync('modules/*/**/*.resource.ts', { cwd: sources }).sort()
  const found: Resource[] = []
  for (const file of files) {
    const exported = (await import(pathToFileURL(sources + file).href)) as Record<string, unknown>
    for (const one of Object.values(exported)) if (isResource(one)) found.push(one)
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function isResource(value: unknown): value is Resource {
  const name = typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : ''
  return findResource(name) === value
}

import type { ProcessField } from '@courtyard/protocols/contract'
import type { WorkflowClient } from './client.ts'
import { compile, type ProcessMachine } from './engine/machine.ts'
import { versionOf, type VersionRow } from './process.repository.ts'

export interface CompiledVersion {
  readonly version: VersionRow
  readonly machine: ProcessMachine
}

/** A version never changes: it is compiled once. */
const MOST_KEPT = 500
const compiled = new Map<string, CompiledVersion>()

/** @param database tells the versions of one database from those of another: tests run several in one process */
export async function compiledVersion(
  client: WorkflowClient,
  database: string,
  key: string,
  version: number,
): Promise<CompiledVersion> {
  const name = `${database} ${key} ${version}`
  const known = compiled.get(name)
  if (known) return known
  const row = await versionOf(client, key, version)
  const made = { version: row, machine: compile(row.content, row.fields) }
  const oldest = compiled.keys().next()
  if (compiled.size >= MOST_KEPT && !oldest.done) compiled.delete(oldest.value)
  compiled.set(name, made)
  return made
}

export function fieldsOf({ version }: CompiledVersion): readonly ProcessField[] {
  return version.fields
}

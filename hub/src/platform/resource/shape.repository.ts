import type { FieldOption } from '@courtyard/protocols/contract'
import type pg from 'pg'
import type { FieldDeclaration } from './field.ts'

type Queryable = Pick<pg.Pool, 'query'>

export interface EntryRow {
  readonly dictionary: string
  readonly code: string
  readonly zh: string
  readonly en: string
  readonly active: boolean
}

interface CustomFieldRow {
  key: string
  kind: FieldDeclaration['kind']
  label: { zh: string; en: string }
  required: boolean
  in_list: boolean
  options: FieldOption[]
  dictionary: string | null
}

/** Active custom fields of a resource, in their order. */
export async function loadCustomFields(
  db: Queryable,
  resource: string,
): Promise<{ key: string; declaration: FieldDeclaration }[]> {
  const { rows } = await db.query<CustomFieldRow>(
    `SELECT key, kind, label, required, in_list, options, dictionary FROM custom_field
     WHERE resource = $1 AND active ORDER BY position, key`,
    [resource],
  )
  return rows.map(({ key, kind, label, required, in_list, options, dictionary }) => ({
    key,
    declaration: {
      kind,
      label,
      required,
      list: in_list,
      ...(kind === 'decimal' ? { scale: 6 } : {}),
      ...(kind === 'choice' ? { options } : {}),
      ...(dictionary ? { dictionary } : {}),
    },
  }))
}

export async function loadDictionaryEntries(
  db: Queryable,
  dictionaries: readonly string[],
  projectId: string | null,
): Promise<EntryRow[]> {
  const { rows } = await db.query<EntryRow>(
    `SELECT dictionary_code AS dictionary, code, zh, en, active FROM dictionary_entry
     WHERE dictionary_code = ANY($1) AND ($2::uuid IS NULL OR project_id IS NULL OR project_id = $2)
     ORDER BY position, code`,
    [dictionaries, projectId],
  )
  return rows
}

/** In place of a project: only what belongs to the hub. */
export const NO_PROJECT = '00000000-0000-0000-0000-000000000000'

/** Zone of the project; of the hub's own home without one. */
export async function loadTimeZone(db: Queryable, projectId: string | null): Promise<string> {
  if (projectId === null) return 'Asia/Shanghai'
  const { rows } = await db.query<{ time_zone: string }>('SELECT time_zone FROM project WHERE id = $1', [
    projectId,
  ])
  return rows[0]?.time_zone ?? 'Asia/Shanghai'
}

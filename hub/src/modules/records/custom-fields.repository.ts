import type pg from 'pg'
import type { CustomField } from '@courtyard/protocols/contract'
import type { Queryable } from '../../platform/resource/list.repository.ts'

type Settings = Omit<CustomField, 'id' | 'version' | 'resource' | 'key' | 'kind' | 'dictionary'>

const columns = `id, version, resource, key, kind, label, required, in_list AS "inList", options, dictionary,
  position, active`

export async function selectCustomFields(db: Queryable, resource: string): Promise<CustomField[]> {
  const { rows } = await db.query<CustomField>(
    `SELECT ${columns} FROM custom_field WHERE resource = $1 ORDER BY position, key`,
    [resource],
  )
  return rows
}

export async function lockCustomField(tx: pg.ClientBase, id: string): Promise<CustomField | null> {
  const { rows } = await tx.query<CustomField>(
    `SELECT ${columns} FROM custom_field WHERE id = $1 FOR UPDATE`,
    [id],
  )
  return rows[0] ?? null
}

/** Null when the resource has a field with this key. */
export async function insertCustomField(
  tx: pg.ClientBase,
  field: Omit<CustomField, 'id' | 'version'>,
): Promise<CustomField | null> {
  const { rows } = await tx.query<CustomField>(
    `INSERT INTO custom_field (resource, key, kind, dictionary, label, required, in_list, options, position, active)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING ${columns}`,
    [field.resource, field.key, field.kind, field.dictionary, ...settingsOf(field)],
  )
  return rows[0] ?? null
}

export async function updateCustomField(
  tx: pg.ClientBase,
  id: string,
  settings: Settings,
): Promise<CustomField> {
  const { rows } = await tx.query<CustomField>(
    `UPDATE custom_field SET label = $2, required = $3, in_list = $4, options = $5, position = $6, active = $7,
       version = version + 1
     WHERE id = $1 RETURNING ${columns}`,
    [id, ...settingsOf(settings)],
  )
  return rows[0]!
}

export async function deleteCustomField(tx: pg.ClientBase, id: string): Promise<void> {
  await tx.query('DELETE FROM custom_field WHERE id = $1', [id])
}

/** @param table of a declared resource, never of an input */
export async function isCustomFieldUsed(tx: pg.ClientBase, table: string, key: string): Promise<boolean> {
  const { rows } = await tx.query<{ used: boolean }>(
    `SELECT EXISTS (SELECT FROM "${table}" WHERE custom ? $1) AS used`,
    [key],
  )
  return rows[0]!.used
}

function settingsOf({ label, required, inList, options, position, active }: Settings): unknown[] {
  return [JSON.stringify(label), required, inList, JSON.stringify(options), position, active]
}

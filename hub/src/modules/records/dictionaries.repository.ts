import type pg from 'pg'
import type { Dictionary, DictionaryEntry } from '@courtyard/protocols/contract'
import type { DictionaryDeclaration } from '../../platform/resource/dictionary.ts'
import type { Queryable } from '../../platform/resource/list.repository.ts'

interface DictionaryRow {
  code: string
  zh: string
  en: string
  built_in: boolean
}
interface EntryRow {
  id: string
  dictionary_code: string
  project_id: string | null
  code: string
  zh: string
  en: string
  position: number
  active: boolean
}

const entryOf = ({ id, code, zh, en, position, active, project_id }: EntryRow): DictionaryEntry => ({
  id,
  code,
  label: { zh, en },
  position,
  active,
  projectId: project_id,
})

/** @param projectId whose own entries are wanted beside those of the hub */
export async function selectDictionaries(
  db: Queryable,
  projectId: string | null,
  code: string | null = null,
): Promise<Dictionary[]> {
  const { rows: dictionaries } = await db.query<DictionaryRow>(
    'SELECT code, zh, en, built_in FROM dictionary WHERE $1::text IS NULL OR code = $1 ORDER BY code',
    [code],
  )
  const { rows: entries } = await db.query<EntryRow>(
    `SELECT * FROM dictionary_entry
     WHERE (project_id IS NULL OR project_id = $1) AND ($2::text IS NULL OR dictionary_code = $2)
     ORDER BY position, code`,
    [projectId, code],
  )
  const byCode = Map.groupBy(entries, (one) => one.dictionary_code)
  return dictionaries.map((row) => ({
    code: row.code,
    label: { zh: row.zh, en: row.en },
    builtIn: row.built_in,
    entries: (byCode.get(row.code) ?? []).map(entryOf),
  }))
}

/** False when there is one with this code. */
export async function insertDictionary(
  db: Queryable,
  code: string,
  label: { zh: string; en: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'INSERT INTO dictionary (code, zh, en) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [code, label.zh, label.en],
  )
  return rowCount === 1
}

export async function updateDictionary(
  db: Queryable,
  code: string,
  label: { zh: string; en: string },
  order: readonly string[],
): Promise<void> {
  await db.query('UPDATE dictionary SET zh = $2, en = $3 WHERE code = $1', [code, label.zh, label.en])
  await db.query(
    `UPDATE dictionary_entry e SET position = o.position - 1
     FROM unnest($2::uuid[]) WITH ORDINALITY AS o(id, position) WHERE e.id = o.id AND e.dictionary_code = $1`,
    [code, order],
  )
}

/** Null when the dictionary has this code already, in the project or in the hub. */
export async function insertEntry(
  db: Queryable,
  dictionary: string,
  entry: { code: string; label: { zh: string; en: string }; projectId: string | null },
): Promise<DictionaryEntry | null> {
  const { rows } = await db.query<EntryRow>(
    `INSERT INTO dictionary_entry (dictionary_code, project_id, code, zh, en, position)
     SELECT $1, $2::uuid, $3::text, $4, $5,
       (SELECT coalesce(max(position), -1) + 1 FROM dictionary_entry WHERE dictionary_code = $1)
     WHERE NOT EXISTS (SELECT FROM dictionary_entry WHERE dictionary_code = $1 AND code = $3
       AND (project_id IS NULL OR $2::uuid IS NULL OR project_id = $2))
     ON CONFLICT DO NOTHING RETURNING *`,
    [dictionary, entry.projectId, entry.code, entry.label.zh, entry.label.en],
  )
  return rows[0] ? entryOf(rows[0]) : null
}

export async function lockEntry(
  tx: pg.ClientBase,
  id: string,
): Promise<(DictionaryEntry & { dictionary: string }) | null> {
  const { rows } = await tx.query<EntryRow>('SELECT * FROM dictionary_entry WHERE id = $1 FOR UPDATE', [id])
  return rows[0] ? { ...entryOf(rows[0]), dictionary: rows[0].dictionary_code } : null
}

export async function updateEntry(
  tx: pg.ClientBase,
  id: string,
  { label, active }: { label: { zh: string; en: string }; active: boolean },
): Promise<DictionaryEntry> {
  const { rows } = await tx.query<EntryRow>(
    'UPDATE dictionary_entry SET zh = $2, en = $3, active = $4 WHERE id = $1 RETURNING *',
    [id, label.zh, label.en, active],
  )
  return entryOf(rows[0]!)
}

/** Entries only with a dictionary that is new: afterwards operators keep them. Several hubs may do it at once. */
export async function seedDictionary(tx: pg.ClientBase, declared: DictionaryDeclaration): Promise<void> {
  const { rowCount } = await tx.query(
    'INSERT INTO dictionary (code, zh, en, built_in) VALUES ($1, $2, $3, true) ON CONFLICT DO NOTHING',
    [declared.code, declared.label.zh, declared.label.en],
  )
  if (rowCount === 0) return
  await tx.query(
    `INSERT INTO dictionary_entry (dictionary_code, code, zh, en, position)
     SELECT $1, v.code, v.zh, v.en, v.position - 1
     FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS v(code, zh, en, position)`,
    [
      declared.code,
      declared.entries.map(({ code }) => code),
      declared.entries.map(({ zh }) => zh),
      declared.entries.map(({ en }) => en),
    ],
  )
}

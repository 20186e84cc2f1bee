import type pg from 'pg'

type Client = Pick<pg.ClientBase, 'query'>

export interface NoteRow {
  readonly id: string
  readonly householdId: string
  readonly text: string
  readonly version: number
  readonly createdAt: Date
  readonly createdBy: string | null
  readonly createdById: string | null
  readonly updatedAt: Date
}

const NOTE = `select n.id, n.household_id as "householdId", n.text, n.version, n.created_at as "createdAt",
  u.display_name as "createdBy", n.created_by as "createdById", n.updated_at as "updatedAt"
  from household_note n left join app_user u on u.id = n.created_by where n.archived_at is null`

export async function notesOf(client: Client, householdId: string): Promise<NoteRow[]> {
  const { rows } = await client.query<NoteRow>(
    `${NOTE} and n.household_id = $1 order by n.created_at desc limit 100`,
    [householdId],
  )
  return rows
}

export async function noteById(client: Client, id: string): Promise<NoteRow | null> {
  const { rows } = await client.query<NoteRow>(`${NOTE} and n.id = $1`, [id])
  return rows[0] ?? null
}

export async function insertNote(
  client: Client,
  note: { householdId: string; projectId: string; text: string; userId: string; now: Date },
): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into household_note (household_id, project_id, text, created_at, created_by, updated_at, updated_by)
     values ($1, $2, $3, $4, $5, $4, $5) returning id`,
    [note.householdId, note.projectId, note.text, note.now, note.userId],
  )
  return rows[0]!.id
}

/** False when its version is another one by now. */
export async function updateNote(
  client: Client,
  id: string,
  edit: { text: string; version: number },
  userId: string,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update household_note set text = $3, updated_at = $4, updated_by = $5, version = version + 1
     where id = $1 and version = $2`,
    [id, edit.version, edit.text, now, userId],
  )
  return rowCount === 1
}

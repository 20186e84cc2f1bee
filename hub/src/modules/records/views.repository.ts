import type { SavedView } from '@courtyard/protocols/contract'
import type { Queryable } from '../../platform/resource/list.repository.ts'

type ViewBody = Omit<SavedView, 'id' | 'mine'>
interface ViewRow {
  id: string
  resource: string
  name: string
  shared: boolean
  mine: boolean
  list: Pick<SavedView, 'q' | 'where' | 'sort' | 'archived' | 'columns'>
}

const columns = 'id, resource, name, shared, user_id = $1 AS mine, list'
const viewOf = ({ list, ...row }: ViewRow): SavedView => ({ ...row, ...list })

/** The person's own, then those that others share. */
export async function selectViews(db: Queryable, userId: string, resource: string): Promise<SavedView[]> {
  const { rows } = await db.query<ViewRow>(
    `SELECT ${columns} FROM saved_view WHERE resource = $2 AND (user_id = $1 OR shared)
     ORDER BY user_id = $1 DESC, name`,
    [userId, resource],
  )
  return rows.map(viewOf)
}

/** Null when the person has a view of that name already. */
export async function insertView(db: Queryable, userId: string, view: ViewBody): Promise<SavedView | null> {
  const { rows } = await db.query<ViewRow>(
    `INSERT INTO saved_view (user_id, resource, name, shared, list) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING RETURNING ${columns}`,
    [userId, view.resource, view.name, view.shared, listOf(view)],
  )
  return rows[0] ? viewOf(rows[0]) : null
}

/** `taken`: another view of the person has the name; null: the person has no such view. */
export async function updateView(
  db: Queryable,
  userId: string,
  id: string,
  view: ViewBody,
): Promise<SavedView | 'taken' | null> {
  try {
    const { rows } = await db.query<ViewRow>(
      `UPDATE saved_view SET name = $3, shared = $4, list = $5, updated_at = now()
       WHERE user_id = $1 AND id = $2 AND resource = $6 RETURNING ${columns}`,
      [userId, id, view.name, view.shared, listOf(view), view.resource],
    )
    return rows[0] ? viewOf(rows[0]) : null
  } catch (error) {
    if ((error as { code?: string }).code === '23505') return 'taken'
    throw error
  }
}

/** @returns the removed view */
export async function deleteView(db: Queryable, userId: string, id: string): Promise<SavedView | null> {
  const { rows } = await db.query<ViewRow>(
    `DELETE FROM saved_view WHERE user_id = $1 AND id = $2 RETURNING ${columns}`,
    [userId, id],
  )
  return rows[0] ? viewOf(rows[0]) : null
}

function listOf({ q, where, sort, archived, columns: shown }: ViewBody): string {
  return JSON.stringify({ q, where, sort, archived, columns: shown })
}

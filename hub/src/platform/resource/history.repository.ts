import type { Queryable } from './list.repository.ts'

export interface HistoryRow {
  readonly id: string
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

/** Newest first. */
export async function selectHistory(
  db: Queryable,
  entity: string,
  id: string,
  before: string | null,
  limit: number,
): Promise<HistoryRow[]> {
  const { rows } = await db.query<HistoryRow>(
    `SELECT e.id::text, e.at, coalesce(nullif(u.display_name, ''), e.actor) AS actor, e.action, e.before, e.after
     FROM audit_entry e LEFT JOIN app_user u ON u.id = e.user_id
     WHERE e.entity = $1 AND e.entity_id = $2 AND ($3::bigint IS NULL OR e.id < $3)
     ORDER BY e.id DESC LIMIT ${limit}`,
    [entity, id, before],
  )
  return rows
}

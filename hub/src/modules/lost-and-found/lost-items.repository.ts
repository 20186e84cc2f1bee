import type pg from 'pg'

/** `L-000123`, one after the other in a project; the lock holds others back until this transaction ends. */
export async function nextNumber(tx: pg.ClientBase, projectId: string): Promise<string> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('lost_item' || $1::text, 0))`, [projectId])
  const { rows } = await tx.query<{ next: string }>(
    `SELECT coalesce(max(substr(number, 3)::bigint), 0) + 1 AS next FROM lost_item
     WHERE project_id = $1 AND number ~ '^L-[0-9]{6,12}$'`,
    [projectId],
  )
  return `L-${rows[0]!.next.padStart(6, '0')}`
}

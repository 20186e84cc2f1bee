import type pg from 'pg'
import type { AuditActor, AuditClient, AuditedChange } from './audit.ts'

export interface AuditRow extends AuditActor {
  readonly action: string
  readonly entity: string
  readonly entityId: string | null
  readonly projectId: string | null
  /** JSON values, secrets already removed. */
  readonly before: unknown
  readonly after: unknown
}

export async function insertAuditEntry(client: AuditClient, row: AuditRow): Promise<void> {
  const values = [
    row.userId,
    row.actor,
    row.ip,
    row.action,
    row.entity,
    row.entityId,
    row.projectId,
    row.before === null ? null : JSON.stringify(row.before),
    row.after === null ? null : JSON.stringify(row.after),
    row.requestId,
  ]
  const sql = `INSERT INTO audit_entry
    (user_id, actor, ip, action, entity, entity_id, project_id, before, after, request_id)
    VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::uuid, $8::jsonb, $9::jsonb, $10)`
  if ('$executeRawUnsafe' in client) await client.$executeRawUnsafe(sql, ...values)
  else await client.query(sql, values)
}

/** Several entries of one actor, in one statement. */
export async function insertAuditEntries(
  client: pg.ClientBase,
  actor: AuditActor,
  changes: readonly AuditedChange[],
): Promise<void> {
  const rows = changes.map(({ action, entity, entityId, projectId, before, after }) => ({
    action,
    entity,
    entity_id: entityId ?? null,
    project_id: projectId ?? null,
    before: before ?? null,
    after: after ?? null,
  }))
  await client.query(
    `INSERT INTO audit_entry (user_id, actor, ip, request_id, action, entity, entity_id, project_id, before, after)
     SELECT $1::uuid, $2, $3, $4, v.action, v.entity, v.entity_id, v.project_id,
       nullif(v.before, 'null'), nullif(v.after, 'null')
     FROM jsonb_to_recordset($5::jsonb)
       AS v(action text, entity text, entity_id text, project_id uuid, before jsonb, after jsonb)`,
    [actor.userId, actor.actor, actor.ip, actor.requestId, JSON.stringify(rows)],
  )
}

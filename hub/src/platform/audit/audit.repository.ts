import type { AuditActor, AuditClient } from './audit.ts'

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

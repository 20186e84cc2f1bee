import type pg from 'pg'
import { insertAuditEntries } from './audit.repository.ts'
import { auditValue, type AuditActor, type AuditedChange } from './audit.ts'

/** Like `auditAs`, for many changes by one statement. */
export function auditManyAs(
  actor: AuditActor,
): (client: pg.ClientBase, changes: readonly AuditedChange[]) => Promise<void> {
  return (client, changes) =>
    insertAuditEntries(
      client,
      actor,
      changes.map((change) => ({
        ...change,
        before: auditValue(change.before),
        after: auditValue(change.after),
      })),
    )
}

import type pg from 'pg'
import type { AuditClient } from '../audit/audit.ts'

/** A `pg` client or a Prisma client inside the transaction of what else is written. */
export type WorkflowClient = AuditClient
/** Where nothing is written. */
export type WorkflowReader = WorkflowClient | pg.Pool

/** The same SQL for both: casts in the text, instants and JSON as text in `values`. */
export async function rowsOf<T extends object>(
  client: WorkflowReader,
  sql: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  if ('$queryRawUnsafe' in client) return client.$queryRawUnsafe<T[]>(sql, ...values)
  return (await client.query<T & Record<string, unknown>>(sql, [...values])).rows
}

import type pg from 'pg'
import type { PrismaTransaction } from '../database/database.ts'
import { insertAuditEntry } from './audit.repository.ts'

export interface AuditedChange {
  /** `entity.verb`, such as `billRun.issue`. */
  readonly action: string
  readonly entity: string
  readonly entityId?: string | null
  readonly projectId?: string | null
  readonly before?: unknown
  readonly after?: unknown
}

export interface AuditActor {
  readonly userId: string | null
  /** Username, or the part of the hub that acted by itself. */
  readonly actor: string
  readonly ip: string | null
  readonly requestId: string | null
}

/** A `pg` client or a Prisma client that is inside the transaction of the write. */
export type AuditClient = pg.ClientBase | PrismaTransaction

/** Writes down who did what, together with the change itself. */
export type Audit = (client: AuditClient, change: AuditedChange) => Promise<void>

export function auditAs(actor: AuditActor): Audit {
  return (client, change) =>
    insertAuditEntry(client, {
      ...actor,
      action: change.action,
      entity: change.entity,
      entityId: change.entityId ?? null,
      projectId: change.projectId ?? null,
      before: auditValue(change.before),
      after: auditValue(change.after),
    })
}

/** For what the hub does by itself: `name` such as `jobs.billRun`. */
export function auditAsSystem(name: string): Audit {
  return auditAs({ userId: null, actor: name, ip: null, requestId: null })
}

const secretName = /password|secret|token|hash|credential/i

/** JSON of a record: secrets removed, bigints and decimals as text, bytes by their length. */
export function auditValue(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object') return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  if (Array.isArray(value)) return value.map(auditValue)
  if (isDecimal(value)) return value.toFixed()
  return Object.fromEntries(
    Object.entries(value).map(([name, part]: [string, unknown]) => [
      name,
      secretName.test(name) && part !== null && part !== undefined ? '***' : auditValue(part),
    ]),
  )
}

function isDecimal(value: object): value is { toFixed(): string } {
  return 'toFixed' in value && typeof value.toFixed === 'function'
}

/** The audit trail as people may see it, newest first. */
import type { Pool, PoolClient } from 'pg'
import type { AuditFilter } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'

type Client = Pick<Pool | PoolClient, 'query'>

export interface AuditRow {
  readonly id: string
  readonly at: Date
  readonly actor: string
  readonly ip: string | null
  readonly action: string
  readonly entity: string
  readonly entityId: string | null
  readonly projectId: string | null
  readonly projectName: string | null
  readonly timeZone: string | null
  readonly before: unknown
  readonly after: unknown
  readonly requestId: string | null
}

/** The filter with what words stand for. */
export interface AuditWish extends Omit<AuditFilter, 'module'> {
  /** Of the module that is asked for; null: any. */
  readonly entities: readonly string[] | null
  /** Any but these. */
  readonly otherThan: readonly string[] | null
  /** Entities and verbs whose words hold what is searched for. */
  readonly spokenEntities: readonly string[]
  readonly spokenVerbs: readonly string[]
}

export async function selectAudit(
  client: Client,
  user: Viewer,
  wish: AuditWish,
  page: { readonly before: string | null; readonly limit: number },
): Promise<AuditRow[]> {
  const params: unknown[] = [page.limit]
  const conditions = [
    scopeSql(user, 'audit.read', { project: 'a.project_id' }, params),
    ...filters(wish, params),
  ]
  if (page.before !== null) conditions.push(`a.id < $${params.push(page.before)}::bigint`)
  const { rows } = await client.query<AuditRow>(
    `select a.id::text, a.at, a.actor, a.ip, a.action, a.entity, a.entity_id as "entityId", a.project_id as "projectId",
       p.name as "projectName", p.time_zone as "timeZone", a.before, a.after, a.request_id as "requestId"
     from audit_entry a left join project p on p.id = a.project_id
     where ${conditions.join(' and ')} order by a.id desc limit $1`,
    params,
  )
  return rows
}

function filters(wish: AuditWish, params: unknown[]): string[] {
  const conditions: string[] = []
  const add = (value: unknown, condition: (place: string) => string) => {
    if (value !== undefined && value !== null) conditions.push(condition(`$${params.push(value)}`))
  }
  add(
    wish.actor,
    (p) =>
      `(a.actor = ${p} or starts_with(a.actor, ${p} || ' → ') or right(a.actor, length(${p}) + 3) = ' → ' || ${p})`,
  )
  add(wish.entity, (p) => `a.entity = ${p}`)
  add(wish.entityId, (p) => `a.entity_id = ${p}`)
  add(wish.projectId, (p) => `a.project_id = ${p}::uuid`)
  add(wish.from, (p) => `a.at >= ${p}::timestamptz`)
  add(wish.to, (p) => `a.at < ${p}::timestamptz`)
  add(wish.entities, (p) => `a.entity = any(${p}::text[])`)
  add(wish.otherThan, (p) => `a.entity <> all(${p}::text[])`)
  if (wish.q) conditions.push(searched(wish, params))
  return conditions
}

/** Not in before and after: who may not see numbers could find them out digit by digit. */
function searched({ q, spokenEntities, spokenVerbs }: AuditWish, params: unknown[]): string {
  const words = `strpos(lower(concat_ws(' ', a.actor, a.action, a.entity_id)), lower($${params.push(q)})) > 0`
  const entities = `a.entity = any($${params.push(spokenEntities)}::text[])`
  const verbs = `split_part(a.action, '.', -1) = any($${params.push(spokenVerbs)}::text[])`
  return `(${words} or ${entities} or ${verbs})`
}

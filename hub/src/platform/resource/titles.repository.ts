import { maskedSql } from '../auth/mask.ts'
import type { Viewer } from '../auth/user.ts'
import type { Queryable, Statement } from './list.repository.ts'
import { fieldNamed, type Resource } from './resource.ts'
import { sensitiveVisible, visible } from './visible.ts'

/** Whole, whoever reads it. */
export function titleSql(resource: Resource): string {
  return resource.titleSql ?? fieldNamed(resource, resource.titleField).sql
}

/** Of records that are called by a phone or identity number; those of several parts say no such thing. */
const isSensitive = (resource: Resource): boolean =>
  resource.titleSql === undefined && fieldNamed(resource, resource.titleField).sensitive

/** As the person sees the field that it comes from: identity numbers are masked for everybody. */
function shownTitleSql(resource: Resource, user: Viewer, params: unknown[]): string {
  const whole = `(${titleSql(resource)})::text`
  if (!isSensitive(resource)) return whole
  if (fieldNamed(resource, resource.titleField).kind === 'identityNumber') return maskedSql(whole)
  return `CASE WHEN ${sensitiveVisible(user, resource, params)} THEN ${whole} ELSE ${maskedSql(whole)} END`
}

/** Titles of those of the records that the person may see. */
export async function selectTitles(
  db: Queryable,
  resource: Resource,
  user: Viewer,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { text, values } = titlesStatement(resource, user)
  const { rows } = await db.query<{ id: string; title: string | null }>(text, [ids, ...values])
  return new Map(rows.map(({ id, title }) => [id, title ?? '']))
}

/** Finds `id` and `title`; its values come after the ids. */
export function titlesStatement(resource: Resource, user: Viewer): Statement {
  const params: unknown[] = [null]
  const scope = visible(user, resource, resource.permissions.read, params)
  const text = `SELECT r.id, ${shownTitleSql(resource, user, params)} AS title FROM "${resource.table}" r
     WHERE r.id = ANY($1::uuid[]) AND ${scope}`
  return { text, values: params.slice(1) }
}

export interface ReferenceTarget {
  readonly id: string
  readonly projectId: string | null
  readonly archived: boolean
}

/** Those of the records that the person may see, and what has to be known before something points to them. */
export async function selectTargets(
  db: Queryable,
  resource: Resource,
  user: Viewer,
  ids: readonly string[],
): Promise<Map<string, ReferenceTarget>> {
  const params: unknown[] = [ids]
  const scope = visible(user, resource, resource.permissions.read, params)
  const { rows } = await db.query<ReferenceTarget>(
    `SELECT r.id, ${resource.scope.project ?? 'NULL'} AS "projectId", r.archived_at IS NOT NULL AS archived
     FROM "${resource.table}" r WHERE r.id = ANY($1::uuid[]) AND ${scope}`,
    params,
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/**
 * Records of a project that are called like that: by their title, or by the field that names them.
 * @returns per text the ids, of records in use only
 */
export async function selectByTitle(
  db: Queryable,
  resource: Resource,
  user: Viewer,
  projectId: string | null,
  texts: readonly string[],
): Promise<Map<string, string[]>> {
  const params: unknown[] = [texts]
  const seen = isSensitive(resource) ? ` AND ${sensitiveVisible(user, resource, params)}` : ''
  // Who sees them masked finds none by a guess either
  const scope = visible(user, resource, resource.permissions.read, params) + seen
  const project =
    resource.scope.project && projectId
      ? `AND ${resource.scope.project} = $${params.push(projectId)}::uuid`
      : ''
  const names = [titleSql(resource), fieldNamed(resource, resource.titleField).sql]
  const parts = [...new Set(names)].map(
    (name, order) => `SELECT r.id, (${name})::text AS text, ${order} AS rank FROM "${resource.table}" r
     WHERE (${name})::text = ANY($1) AND ${scope} ${project} AND r.archived_at IS NULL`,
  )
  const { rows } = await db.query<{ text: string; ids: string[] }>(
    `SELECT DISTINCT ON (text) text, array_agg(DISTINCT id)::text[] AS ids
     FROM (${parts.join(' UNION ALL ')}) found GROUP BY text, rank ORDER BY text, rank`,
    params,
  )
  return new Map(rows.map(({ text, ids }) => [text, ids]))
}

import type { Permission } from '@courtyard/protocols/contract'
import { unionOfPlaces, type Grant } from './grant.ts'
import { grantsOf, type Viewer } from './user.ts'

/** Where a table says what lies where and whose it is. Written into SQL as they are: never from input. */
export interface ScopeColumns {
  /** Column with the project's id. */
  readonly project: string
  /**
   * Column with the building's id; or, where a row lies in a building by way of other tables, the condition for being
   * in one of `ids`, which is a `uuid[]` expression. Left out: rows lie in no building, and are seen with the whole
   * project only.
   */
  readonly building?: string | ((ids: string) => string)
  readonly department?: string
  /** Columns with the ids of those whose row it is: who made it, who it is assigned to. */
  readonly owner?: string | readonly string[]
  /** Configuration of a project: readable with any part of it. */
  readonly anyPart?: boolean
}

/**
 * The rows that the permission opens to the person, as a condition; values are appended to `params`. The same rules as
 * `readable`.
 */
export function scopeSql(
  user: Viewer,
  permission: Permission,
  columns: ScopeColumns,
  params: unknown[],
): string {
  const grants = mergeAlike(grantsOf(user, permission), columns)
  // First of all: a value that no condition mentions is one that PostgreSQL refuses
  if (grants.some(({ place, records }) => place.all && records === 'all')) return 'true'
  const conditions = new Set(grants.map((grant) => grantSql(grant, user.id, columns, params)))
  conditions.delete('false')
  if (conditions.size === 0) return 'false'
  return conditions.size === 1 ? [...conditions][0]! : `(${[...conditions].join(' or ')})`
}

function grantSql(grant: Grant, userId: string, columns: ScopeColumns, params: unknown[]): string {
  const place = placeSql(grant, columns, params)
  const records = place === 'false' ? 'true' : recordsSql(grant, userId, columns, params)
  if (place === 'true' || records === 'true') return place === 'true' ? records : place
  return `(${place} and ${records})`
}

function placeSql({ place }: Grant, columns: ScopeColumns, params: unknown[]): string {
  if (place.all) return 'true'
  const parts: string[] = []
  const { projectIds, buildings } = place
  const projects = columns.anyPart
    ? [...new Set([...projectIds, ...buildings.map(({ projectId }) => projectId)])]
    : projectIds
  if (projects.length > 0) parts.push(`${columns.project} = any(${array(projects, params)})`)
  if (!columns.anyPart && columns.building && buildings.length > 0) {
    const ids = array(
      buildings.map(({ id }) => id),
      params,
    )
    const { building } = columns
    parts.push(typeof building === 'string' ? `${building} = any(${ids})` : building(ids))
  }
  if (parts.length === 0) return 'false'
  return parts.length === 1 ? parts[0]! : `(${parts.join(' or ')})`
}

function recordsSql(grant: Grant, userId: string, columns: ScopeColumns, params: unknown[]): string {
  const owners = columns.owner === undefined ? [] : [columns.owner].flat()
  if (!knowsOwners(columns) || grant.records === 'all') return 'true'
  const parts: string[] = []
  if (owners.length > 0) {
    const self = `$${params.push(userId)}::uuid`
    parts.push(...owners.map((column) => `${column} = ${self}`))
  }
  if (grant.records === 'department' && columns.department && grant.departmentIds.length > 0) {
    parts.push(`${columns.department} = any(${array(grant.departmentIds, params)})`)
  }
  if (parts.length === 0) return 'false'
  return parts.length === 1 ? parts[0]! : `(${parts.join(' or ')})`
}

const knowsOwners = ({ owner, department }: ScopeColumns) => owner !== undefined || department !== undefined

function array(ids: readonly string[], params: unknown[]): string {
  return `$${params.push(ids)}::uuid[]`
}

/** Grants that differ in their place only become one, so that the condition stays short. */
function mergeAlike(grants: readonly Grant[], columns: ScopeColumns): Grant[] {
  const byRecords = Map.groupBy(grants, ({ records }) => (knowsOwners(columns) ? records : 'all'))
  return [...byRecords].map(([records, alike]) => ({
    ...alike[0]!,
    records,
    place: unionOfPlaces(alike.map(({ place }) => place)),
  }))
}

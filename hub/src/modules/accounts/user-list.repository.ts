/** Which accounts a person sees: those that have nothing beyond what the person keeps. */
import type { Permission } from '@courtyard/protocols/contract'
import type pg from 'pg'
import { unionOfPlaces, type Grant } from '../../platform/auth/grant.ts'
import { grantsOf, type Viewer } from '../../platform/auth/user.ts'
import type { Page, Sort } from '../../platform/http/paging.ts'

const sortColumns = {
  username: 'u.username',
  displayName: 'u.display_name',
  department: 'd.name',
  createdAt: 'u.created_at',
  lastSignInAt: 'u.last_sign_in_at',
} as const
export type UserSort = keyof typeof sortColumns
export const userSorts = Object.keys(sortColumns) as UserSort[]

export interface UserQuery extends Page {
  readonly q?: string | undefined
  readonly sort: Sort<UserSort>
  readonly roleId?: string | undefined
  /** With the departments below. */
  readonly departmentId?: string | undefined
  readonly projectId?: string | undefined
  readonly state?: 'active' | 'disabled' | undefined
}

/** Ids of a page, in order, and the number of all that match. */
export async function listUserIds(
  pool: pg.Pool,
  user: Viewer,
  query: UserQuery,
): Promise<{ ids: string[]; total: number }> {
  const params: unknown[] = []
  const where = [visibleUsers(user, 'users.manage', params), ...filters(query, params)].join(' and ')
  const from = `from app_user u left join department d on d.id = u.department_id where ${where}`
  const counted = await pool.query<{ n: number }>(`select count(*)::int as n ${from}`, params)
  const { field, direction } = query.sort
  const limit = [query.pageSize, (query.page - 1) * query.pageSize]
  const { rows } = await pool.query<{ id: string }>(
    `select u.id ${from} order by ${sortColumns[field]} ${direction} nulls last, u.username
     limit $${params.length + 1} offset $${params.length + 2}`,
    [...params, ...limit],
  )
  return { ids: rows.map(({ id }) => id), total: counted.rows[0]!.n }
}

/** Whether the person sees this account. */
export async function seesUser(pool: Pick<pg.Pool, 'query'>, user: Viewer, id: string): Promise<boolean> {
  const params: unknown[] = [id]
  const { rowCount } = await pool.query(
    `select from app_user u where u.id = $1 and ${visibleUsers(user, 'users.manage', params)}`,
    params,
  )
  return rowCount === 1
}

function filters(query: UserQuery, params: unknown[]): string[] {
  const conditions: string[] = []
  const add = (value: unknown, condition: (place: string) => string) => {
    if (value !== undefined) conditions.push(condition(`$${params.push(value)}`))
  }
  const words = query.q ? `%${query.q.replace(/[\\%_]/g, '\\$&')}%` : undefined
  add(words, (p) => `(u.username ilike ${p} or u.display_name ilike ${p} or u.phone ilike ${p})`)
  add(
    query.roleId,
    (p) => `exists (select from role_assignment a where a.user_id = u.id and a.role_id = ${p}::uuid)`,
  )
  add(
    query.departmentId,
    (p) => `u.department_id in (with recursive below as (select ${p}::uuid as id
      union select c.id from department c join below on c.parent_id = below.id) select id from below)`,
  )
  add(
    query.projectId,
    (p) => `exists (select from role_assignment a where a.user_id = u.id and (a.all_projects
      or ${p}::uuid = any(a.project_ids)
      or exists (select from building b where b.id = any(a.building_ids) and b.project_id = ${p}::uuid)))`,
  )
  if (query.state) conditions.push(`u.disabled_at is ${query.state === 'active' ? '' : 'not '}null`)
  return conditions
}

/** Accounts that have nothing beyond the places in which the person has the permission; `u` is the account. */
export function visibleUsers(user: Viewer, permission: Permission, params: unknown[]): string {
  const byRecords = Map.groupBy(grantsOf(user, permission), ({ records }) => records)
  const parts = [...byRecords.values()].map((grants) => {
    const place = unionOfPlaces(grants.map((one) => one.place))
    return `(${recordsSql(grants[0]!, user.id, params)} and ${placeSql(place, params)})`
  })
  return parts.length === 0 ? 'false' : `(${parts.join(' or ')})`
}

/** Every role that the account has lies in the place. */
function placeSql(place: Grant['place'], params: unknown[]): string {
  if (place.all) return 'true'
  const projects = `$${params.push(place.projectIds)}::uuid[]`
  const buildings = `$${params.push(place.buildings.map(({ id }) => id))}::uuid[]`
  return `not exists (select from role_assignment a where a.user_id = u.id and (a.all_projects
    or not a.project_ids <@ ${projects}
    or exists (select from building b where b.id = any(a.building_ids)
      and not (b.project_id = any(${projects}) or b.id = any(${buildings})))))`
}

function recordsSql({ records, departmentIds }: Grant, userId: string, params: unknown[]): string {
  if (records === 'all') return 'true'
  const self = `u.id = $${params.push(userId)}::uuid`
  if (records === 'own') return self
  return `(${self} or u.department_id = any($${params.push(departmentIds)}::uuid[]))`
}

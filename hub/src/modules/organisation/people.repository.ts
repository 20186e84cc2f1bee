/** Colleagues: whom a person may see by name, because they work in the same place. */
import type pg from 'pg'
import type { Colleague, Permission } from '@courtyard/protocols/contract'
import { ADMINISTRATOR } from '../../platform/auth/builtin-roles.ts'
import { unionOfPlaces } from '../../platform/auth/grant.ts'
import { roleRef, type RoleRow } from '../../platform/auth/role-label.ts'
import { grantsOf, requireProject, type Viewer } from '../../platform/auth/user.ts'

export interface ColleagueQuery {
  readonly projectId?: string | undefined
  readonly permission?: Permission | undefined
  readonly departmentId?: string | undefined
  readonly q?: string | undefined
  readonly limit: number
}

type Row = Omit<Colleague, 'roles'> & { roles: RoleRow[] }

/**
 * By name. Of the roles only those that count there.
 * @throws AppError `project.not_found`
 */
export async function listColleagues(
  pool: pg.Pool,
  user: Viewer,
  query: ColleagueQuery,
  now: Date,
): Promise<Colleague[]> {
  if (query.projectId) requireProject(user, query.projectId, 'organisation.read')
  const params: unknown[] = [now, query.permission ?? null, query.projectId ?? null, query.limit]
  const overlap = overlapSql(user, params)
  const conditions = [
    'u.disabled_at is null',
    `(u.id = $${params.push(user.id)}::uuid or r.roles is not null)`,
  ]
  if (query.permission || query.projectId) conditions.push('r.roles is not null')
  if (query.departmentId) conditions.push(`u.department_id = $${params.push(query.departmentId)}::uuid`)
  if (query.q) {
    const words = `$${params.push(`%${query.q.replace(/[\\%_]/g, '\\$&')}%`)}`
    conditions.push(`(u.display_name ilike ${words} or d.name ilike ${words} or p.name ilike ${words})`)
  }
  const { rows } = await pool.query<Row>(
    `select u.id, u.display_name as "displayName", u.phone,
       case when d.id is not null then json_build_object('id', d.id, 'name', d.name) end as department,
       case when p.id is not null then json_build_object('id', p.id, 'name', p.name) end as post,
       coalesce(r.roles, '[]') as roles
     from app_user u left join department d on d.id = u.department_id left join post p on p.id = u.post_id
     left join lateral (
       select jsonb_agg(distinct jsonb_build_object('id', role.id, 'code', role.code, 'name', role.name)) as roles
       from role_assignment a join role on role.id = a.role_id
       where a.user_id = u.id and (a.until_at is null or a.until_at > $1)
         and ($2::text is null or role.code = '${ADMINISTRATOR}' or $2 = any(role.permissions))
         and ($3::uuid is null or a.all_projects or $3 = any(a.project_ids) or exists (
           select from building b where b.id = any(a.building_ids) and b.project_id = $3))
         and ${overlap}) r on true
     where ${conditions.join(' and ')} order by u.display_name, u.id limit $4`,
    params,
  )
  return rows.map((row) => ({ ...row, roles: row.roles.map(roleRef) }))
}

/** The assignment `a` counts in some place that is the viewer's too. */
function overlapSql(user: Viewer, params: unknown[]): string {
  const place = unionOfPlaces(grantsOf(user, 'organisation.read').map((grant) => grant.place))
  if (place.all) return 'true'
  const touched = [...new Set([...place.projectIds, ...place.buildings.map(({ projectId }) => projectId)])]
  const projects = `$${params.push(touched)}::uuid[]`
  return `(a.all_projects or a.project_ids && ${projects} or exists (
    select from building b where b.id = any(a.building_ids) and b.project_id = any(${projects})))`
}

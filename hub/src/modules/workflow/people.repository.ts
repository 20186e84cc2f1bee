/** Colleagues, and who stands in for whom. */
import type { Pool, PoolClient } from 'pg'
import type { WorkflowPerson } from '@courtyard/protocols/contract'
import { grantsOf, type CurrentUser } from '../../platform/auth/user.ts'

type Client = Pick<PoolClient, 'query'> | Pool

/** People who may sign in and keep something in common with the reader: a project, or the department. */
export async function colleagues(
  client: Client,
  user: CurrentUser,
  filter: { readonly q?: string | undefined; readonly ids?: readonly string[] | undefined },
): Promise<WorkflowPerson[]> {
  const params: unknown[] = [user.id]
  const conditions = ['u.disabled_at is null', commonSql(user, params)]
  if (filter.q) {
    const text = `$${params.push(filter.q)}`
    conditions.push(`strpos(lower(u.display_name || ' ' || u.username), lower(${text})) > 0`)
  }
  if (filter.ids) conditions.push(`u.id = any($${params.push(filter.ids)}::uuid[])`)
  const { rows } = await client.query<WorkflowPerson>(
    `select u.id, u.display_name as name from app_user u where ${conditions.join(' and ')}
     order by u.display_name, u.id limit 50`,
    params,
  )
  return rows
}

function commonSql(user: CurrentUser, params: unknown[]): string {
  const grants = grantsOf(user)
  // The value has to be mentioned
  if (grants.some(({ place }) => place.all)) return '$1::uuid is not null'
  const projectIds = grants.flatMap(({ place }) =>
    place.all ? [] : [...place.projectIds, ...place.buildings.map(({ projectId }) => projectId)],
  )
  const projects = `$${params.push([...new Set(projectIds)])}::uuid[]`
  const department = `$${params.push(user.departmentId)}::uuid`
  return `(u.id = $1::uuid or u.department_id = ${department} or exists (select 1 from role_assignment a
    where a.user_id = u.id and (a.all_projects or a.project_ids && ${projects}
      or exists (select 1 from building b where b.id = any(a.building_ids) and b.project_id = any(${projects})))))`
}

export interface DelegationRow {
  readonly id: string
  readonly fromId: string
  readonly from: string
  readonly toId: string
  readonly to: string
  readonly fromAt: Date
  readonly untilAt: Date
  readonly note: string
}

const DELEGATION = `d.id, d.from_id as "fromId", f.display_name as "from", d.to_id as "toId", t.display_name as "to",
  d.from_at as "fromAt", d.until_at as "untilAt", d.note
  from task_delegation d join app_user f on f.id = d.from_id join app_user t on t.id = d.to_id`

/** Given and taken by the person; what ended longer than 90 days ago is left out. */
export async function delegationsOf(client: Client, userId: string, now: Date): Promise<DelegationRow[]> {
  const { rows } = await client.query<DelegationRow>(
    `select ${DELEGATION} where (d.from_id = $1 or d.to_id = $1) and d.until_at > $2::timestamptz - interval '90 days'
     order by d.until_at desc, d.id`,
    [userId, now],
  )
  return rows
}

export async function findDelegation(
  client: Client,
  id: string,
  lock = false,
): Promise<DelegationRow | null> {
  const { rows } = await client.query<DelegationRow>(
    `select ${DELEGATION} where d.id = $1 ${lock ? 'for update of d' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

/** One person at a time stands in: under a lock of the one who delegates. @returns id of one in the way, or null */
export async function overlapping(
  client: Client,
  fromId: string,
  fromAt: Date,
  untilAt: Date,
): Promise<string | null> {
  await client.query(`select 1 from app_user where id = $1 for update`, [fromId])
  const { rows } = await client.query<{ id: string }>(
    `select id from task_delegation where from_id = $1 and from_at < $3 and until_at > $2 and until_at > from_at limit 1`,
    [fromId, fromAt, untilAt],
  )
  return rows[0]?.id ?? null
}

export interface NewDelegation {
  readonly id: string
  readonly fromId: string
  readonly toId: string
  readonly fromAt: Date
  readonly untilAt: Date
  readonly note: string
  readonly createdAt: Date
}

export async function insertDelegation(client: Client, row: NewDelegation): Promise<void> {
  await client.query(
    `insert into task_delegation (id, from_id, to_id, from_at, until_at, note, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [row.id, row.fromId, row.toId, row.fromAt, row.untilAt, row.note, row.createdAt],
  )
}

/** One that has not begun never does. */
export async function endDelegation(client: Client, id: string, at: Date): Promise<void> {
  await client.query(
    `update task_delegation set until_at = $2::timestamptz, from_at = least(from_at, $2::timestamptz)
     where id = $1 and until_at > $2::timestamptz`,
    [id, at],
  )
}

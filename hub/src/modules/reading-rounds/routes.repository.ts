/** Walks, their meters, and their tasks as counts. */
import type { PoolClient } from 'pg'
import type {
  ReadingPoint,
  ReadingProgress,
  ReadingRoute,
  ReadingRouteDetail,
} from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { pointScope } from '../metering/index.ts'

export type Client = Pick<PoolClient, 'query'>

/** A task with its counts; `tk` is the task, `who` its reader. */
const PROGRESS = `json_build_object('id', tk.id, 'month', to_char(tk.month, 'YYYY-MM'), 'dueOn', tk.due_on,
  'state', tk.state, 'assignee', json_build_object('id', who.id, 'name', who.display_name), 'version', tk.version,
  'total', c.total, 'read', c.read, 'unreadable', c.unreadable, 'setAside', c.aside)`
const COUNTS = `join app_user who on who.id = tk.assignee_id cross join lateral (
  select count(*) as total, count(*) filter (where state = 'read') as read,
    count(*) filter (where state = 'unreadable') as unreadable, count(*) filter (where state = 'setAside') as aside
  from reading_task_point where task_id = tk.id) c`

const POINT = `mp.id, mp.code, mp.name, mp.medium, m.serial,
  json_build_object('building', b.name, 'floor', r.floor, 'room', r.code) as place`
/** Tables of a metering point `mp` that say which meter hangs there and where. */
const PLACE = `left join room r on r.id = mp.room_id
  left join building b on b.id = coalesce(mp.building_id, r.building_id)
  left join installation i on i.metering_point_id = mp.id and i.to_at is null
  left join meter m on m.id = i.meter_id`
/** As one walks: house by house, floor by floor. */
const WALK = `b.position, b.code nulls last, r.floor nulls first, r.code nulls first, mp.medium, mp.code`

export async function routesOf(client: Client, projectId: string): Promise<ReadingRoute[]> {
  const { rows } = await client.query<ReadingRoute>(
    `select rt.id, rt.project_id as "projectId", rt.name, rt.due_day as "dueDay", rt.version,
       case when u.id is null then null else json_build_object('id', u.id, 'name', u.display_name) end as assignee,
       (select count(*)::int from reading_route_point where route_id = rt.id) as points,
       (select ${PROGRESS} from reading_task tk ${COUNTS} where tk.route_id = rt.id order by tk.month desc limit 1) as task
     from reading_route rt left join app_user u on u.id = rt.assignee_id
     where rt.project_id = $1 and rt.archived_at is null order by rt.name`,
    [projectId],
  )
  return rows
}

export interface RouteHead {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly dueDay: number
  readonly version: number
  readonly archived: boolean
  readonly pointIds: readonly string[]
}

export async function routeHead(client: Client, id: string, lock = false): Promise<RouteHead | null> {
  const { rows } = await client.query<RouteHead>(
    `select id, project_id as "projectId", name, due_day as "dueDay", version, archived_at is not null as archived,
       array(select metering_point_id::text from reading_route_point where route_id = rt.id order by position)
         as "pointIds"
     from reading_route rt where id = $1 ${lock ? 'for update' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

export async function routeDetail(client: Client, id: string): Promise<ReadingRouteDetail> {
  const { rows } = await client.query<ReadingRouteDetail>(
    `select rt.id, rt.project_id as "projectId", rt.name, rt.due_day as "dueDay", rt.version,
       case when u.id is null then null else json_build_object('id', u.id, 'name', u.display_name) end as assignee,
       coalesce((select json_agg(to_json(p) order by p.position) from (select ${POINT}, rp.position
         from reading_route_point rp join metering_point mp on mp.id = rp.metering_point_id ${PLACE}
         where rp.route_id = rt.id) p), '[]') as points,
       coalesce((select json_agg(${PROGRESS} order by tk.month desc) from reading_task tk ${COUNTS}
         where tk.route_id = rt.id), '[]') as tasks
     from reading_route rt left join app_user u on u.id = rt.assignee_id where rt.id = $1`,
    [id],
  )
  return rows[0]!
}

/** Meters that a person may see, as one would walk past them. */
export async function walkablePoints(
  client: Client,
  user: Viewer,
  projectId: string,
): Promise<ReadingPoint[]> {
  const params: unknown[] = [projectId]
  const { rows } = await client.query<ReadingPoint>(
    `select ${POINT} from metering_point mp ${PLACE}
     where mp.project_id = $1 and ${scopeSql(user, 'readingRounds.read', pointScope('mp'), params)}
     order by ${WALK} limit 20000`,
    params,
  )
  return rows
}

/** How many of these, each counted once, are metering points of the project. */
export async function countPoints(
  client: Client,
  projectId: string,
  ids: readonly string[],
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::int as count from metering_point where project_id = $1 and id = any($2::uuid[])',
    [projectId, ids],
  )
  return rows[0]!.count
}

export interface RouteChange {
  readonly name: string
  readonly dueDay: number
  readonly assigneeId: string | null
  readonly pointIds: readonly string[]
  readonly userId: string
  readonly now: Date
}

export async function insertRoute(client: Client, projectId: string, change: RouteChange): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into reading_route (project_id, name, due_day, assignee_id, created_by, updated_by, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $5, $6, $6) returning id`,
    [projectId, change.name, change.dueDay, change.assigneeId, change.userId, change.now],
  )
  await putPoints(client, rows[0]!.id, change.pointIds)
  return rows[0]!.id
}

export async function updateRoute(client: Client, id: string, change: RouteChange): Promise<void> {
  await client.query(
    `update reading_route set name = $2, due_day = $3, assignee_id = $4, updated_by = $5, updated_at = $6,
       version = version + 1 where id = $1`,
    [id, change.name, change.dueDay, change.assigneeId, change.userId, change.now],
  )
  await client.query('delete from reading_route_point where route_id = $1', [id])
  await putPoints(client, id, change.pointIds)
}

async function putPoints(client: Client, routeId: string, pointIds: readonly string[]): Promise<void> {
  await client.query(
    `insert into reading_route_point (route_id, metering_point_id, position)
     select $1, id, position from unnest($2::uuid[]) with ordinality as t (id, position)`,
    [routeId, pointIds],
  )
}

export async function archiveRoute(client: Client, id: string, userId: string, now: Date): Promise<void> {
  await client.query(
    `update reading_route set archived_at = $3, updated_by = $2, updated_at = $3, version = version + 1 where id = $1`,
    [id, userId, now],
  )
}

export async function progressOf(client: Client, taskId: string): Promise<ReadingProgress> {
  const { rows } = await client.query<{ progress: ReadingProgress }>(
    `select ${PROGRESS} as progress from reading_task tk ${COUNTS} where tk.id = $1`,
    [taskId],
  )
  return rows[0]!.progress
}

export { PLACE as pointPlace, POINT as pointColumns, PROGRESS as progressColumn, COUNTS as progressCounts }

/** Walks of a month: for the office meter by meter, for the phone with all that it needs. */
import type {
  PhonePoint,
  PhoneTask,
  ReadingEntry,
  ReadingProgress,
  ReadingTaskDetail,
} from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { pointScope, readingSheets, type ReadingSheet } from '../metering/index.ts'
import { pointColumns, pointPlace, progressColumn, progressCounts, type Client } from './routes.repository.ts'

export interface NewTask {
  readonly routeId: string
  readonly projectId: string
  /** `2026-11` */
  readonly month: string
  readonly dueDay: number
  readonly assigneeId: string
  readonly userId: string
  readonly now: Date
}

/** Null when the month has been handed out already. */
export async function insertTask(client: Client, task: NewTask): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `insert into reading_task (project_id, route_id, month, due_on, assignee_id, created_by, created_at)
     values ($1, $2, $3::date, $3::date + ($4::int - 1), $5, $6, $7) on conflict do nothing returning id`,
    [task.projectId, task.routeId, `${task.month}-01`, task.dueDay, task.assigneeId, task.userId, task.now],
  )
  const id = rows[0]?.id ?? null
  if (id === null) return null
  await client.query(
    `insert into reading_task_point (task_id, metering_point_id, position)
     select $1, metering_point_id, position from reading_route_point where route_id = $2`,
    [id, task.routeId],
  )
  return id
}

export interface TaskHead {
  readonly id: string
  readonly projectId: string
  readonly assigneeId: string
  readonly state: 'open' | 'cancelled'
  readonly version: number
}

export async function taskHead(
  client: Client,
  id: string,
  lock: '' | 'for update' | 'for share' = '',
): Promise<TaskHead | null> {
  const { rows } = await client.query<TaskHead>(
    `select id, project_id as "projectId", assignee_id as "assigneeId", state, version
     from reading_task where id = $1 ${lock}`,
    [id],
  )
  return rows[0] ?? null
}

export async function changeTask(
  client: Client,
  id: string,
  change: { assigneeId?: string; state?: 'cancelled' },
): Promise<void> {
  await client.query(
    `update reading_task set assignee_id = coalesce($2, assignee_id), state = coalesce($3, state),
       version = version + 1 where id = $1`,
    [id, change.assigneeId ?? null, change.state ?? null],
  )
}

const ENTRY = `json_build_object('id', e.id, 'meteringPointId', e.metering_point_id,
  'reader', json_build_object('id', reader.id, 'name', reader.display_name), 'at', e.at, 'takenAt', e.taken_at,
  'receivedAt', e.received_at, 'clockOffsetMs', e.clock_offset_ms, 'serial', e.serial,
  'index', trim_scale(e.index)::text, 'unreadable', e.unreadable, 'note', e.note, 'kept', e.kept,
  'photo', e.photo_sha256 is not null, 'outcome', e.outcome, 'conflict', e.conflict,
  'settled', case when e.settled_at is null then null
    else json_build_object('by', settler.display_name, 'at', e.settled_at, 'note', e.settled_note) end)`

interface TaskRow extends Omit<ReadingTaskDetail, keyof ReadingProgress> {
  readonly progress: ReadingProgress
}

/** Null when there is none. */
export async function taskDetail(client: Client, id: string): Promise<ReadingTaskDetail | null> {
  const { rows } = await client.query<TaskRow>(
    `select ${progressColumn} as progress, tk.project_id as "projectId",
       json_build_object('id', rt.id, 'name', rt.name) as route,
       coalesce((select json_agg(to_json(p) order by p.position) from (
         select ${pointColumns}, mp.unit, tp.state, tp.position,
           coalesce((select json_agg(${ENTRY} order by e.received_at desc) from reading_entry e
             join app_user reader on reader.id = e.reader_id left join app_user settler on settler.id = e.settled_by
             where e.task_id = tk.id and e.metering_point_id = mp.id), '[]') as entries
         from reading_task_point tp join metering_point mp on mp.id = tp.metering_point_id ${pointPlace}
         where tp.task_id = tk.id) p), '[]') as points
     from reading_task tk ${progressCounts} join reading_route rt on rt.id = tk.route_id where tk.id = $1`,
    [id],
  )
  if (!rows[0]) return null
  const { progress, points, ...row } = rows[0]
  return {
    ...progress,
    ...row,
    points: points.map((point) => ({ ...point, entries: point.entries.map(withInstants) })),
  }
}

const iso = (text: string): string => new Date(text).toISOString()

/** Inside JSON PostgreSQL writes instants in a way of its own. */
function withInstants(entry: ReadingEntry): ReadingEntry {
  return {
    ...entry,
    at: iso(entry.at),
    takenAt: iso(entry.takenAt),
    receivedAt: iso(entry.receivedAt),
    settled: entry.settled && { ...entry.settled, at: iso(entry.settled.at) },
  }
}

interface PhoneRow extends Omit<PhonePoint, 'register' | 'lastRead'> {
  taskId: string
  route: string
  projectId: string
  project: string
  timeZone: string
  month: string
  dueOn: string
}

/** Open tasks of a person, with the meters that lie in his scope. */
export async function phoneTasks(client: Client, user: CurrentUser, now: Date): Promise<PhoneTask[]> {
  const params: unknown[] = [user.id]
  const { rows } = await client.query<PhoneRow>(
    `select tk.id as "taskId", rt.name as route, pr.id as "projectId", pr.name as project,
       pr.time_zone as "timeZone", to_char(tk.month, 'YYYY-MM') as month, tk.due_on::text as "dueOn",
       ${pointColumns}, mp.unit, tp.state,
       case when e.id is null then null else json_build_object('id', e.id, 'at', e.at,
         'index', trim_scale(e.index)::text, 'unreadable', e.unreadable, 'conflict', e.conflict) end as entry
     from reading_task tk join reading_route rt on rt.id = tk.route_id join project pr on pr.id = tk.project_id
       join reading_task_point tp on tp.task_id = tk.id join metering_point mp on mp.id = tp.metering_point_id
       ${pointPlace} left join reading_entry e on e.id = tp.entry_id
     where tk.assignee_id = $1 and tk.state = 'open'
       and (tk.month >= date_trunc('month', now()) - interval '1 month'
         or exists (select from reading_task_point where task_id = tk.id and state = 'open'))
       and ${scopeSql(user, 'readingRounds.enter', pointScope('mp'), params)}
     order by tk.due_on, tk.id, tp.position`,
    params,
  )
  const sheets = await readingSheets(
    client,
    rows.map(({ id }) => id),
    now,
  )
  return [...Map.groupBy(rows, ({ taskId }) => taskId).values()].map((own) => phoneTask(own, sheets))
}

function phoneTask(rows: readonly PhoneRow[], sheets: ReadonlyMap<string, ReadingSheet>): PhoneTask {
  const { taskId, route, projectId, project, timeZone, month, dueOn } = rows[0]!
  return {
    id: taskId,
    route,
    project: { id: projectId, name: project, timeZone },
    month,
    dueOn,
    points: rows.map((row) => phonePoint(row, sheets.get(row.id) ?? null)),
  }
}

function phonePoint(row: PhoneRow, sheet: ReadingSheet | null): PhonePoint {
  const { id, code, name, medium, place, unit, state, entry } = row
  return {
    id,
    code,
    name,
    medium,
    serial: sheet?.serial ?? null,
    place,
    unit,
    register: sheet && {
      places: sheet.places,
      end: sheet.end,
      maxPerHour: sheet.maxPerHour,
      jitter: sheet.jitter,
      perDay: sheet.perDay,
    },
    lastRead: sheet?.lastRead ? { at: sheet.lastRead.at.toISOString(), index: sheet.lastRead.index } : null,
    state,
    entry: entry && { ...entry, at: iso(entry.at) },
  }
}

/** What people read about processes and tasks, narrowed to what each may see. */
import type { Pool } from 'pg'
import type {
  ProcessContent,
  ProcessEvent,
  ProcessField,
  ProcessState,
  ProcessTask,
} from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import type { ProcessSnapshot } from '../../platform/workflow/engine/machine.ts'
import type { ListCursor } from './domain/cursor.ts'

export interface SummaryRow {
  readonly id: string
  readonly projectId: string | null
  readonly key: string
  readonly version: number
  readonly name: { readonly zh: string; readonly en: string }
  readonly subjectKind: string
  readonly subjectId: string
  readonly title: string
  readonly starterId: string
  readonly starter: string
  readonly state: ProcessState
  readonly outcome: 'approved' | 'refused' | 'done' | null
  readonly step: string
  readonly stepName: { readonly zh: string; readonly en: string } | null
  readonly since: Date
  readonly dueAt: Date | null
  readonly waitingFor: readonly string[]
  readonly startedAt: Date
  readonly finishedAt: Date | null
}

const SUMMARY = `p.id, p.project_id as "projectId", p.key, p.version, v.content->'name' as name,
  p.subject_kind as "subjectKind", p.subject_id as "subjectId", p.title, p.starter_id as "starterId", p.starter,
  p.state, p.outcome, p.step, p.since, p.started_at as "startedAt", p.finished_at as "finishedAt",
  (select one.step->'name' from jsonb_array_elements(v.content->'steps') as one(step)
    where one.step->>'key' = p.step) as "stepName",
  (select min(o.due_at) from process_task o where o.process_id = p.id and o.state = 'open') as "dueAt",
  array(select distinct u.display_name from process_task o join process_task_holder h on h.task_id = o.id
    join app_user u on u.id = h.user_id where o.process_id = p.id and o.state = 'open' order by 1 limit 20)
    as "waitingFor"`
const FROM = `from process p join process_version v on v.key = p.key and v.version = p.version`

/** Who acts for whom at an instant. */
const PRINCIPALS = (user: string, now: string) =>
  `select from_id from task_delegation where to_id = ${user} and from_at <= ${now} and until_at > ${now}`

/** He started it, has or had a task in it, stands in for one who has, or may read the processes of its project. */
function visibleSql(user: CurrentUser, now: Date, params: unknown[]): string {
  const self = `$${params.push(user.id)}::uuid`
  const at = `$${params.push(now)}::timestamptz`
  const scope = scopeSql(user, 'workflow.read', { project: 'p.project_id', owner: 'p.starter_id' }, params)
  return `(p.starter_id = ${self} or ${scope}
    or exists (select 1 from process_task t join process_task_holder h on h.task_id = t.id
      where t.process_id = p.id and h.user_id = ${self})
    or exists (select 1 from process_task t where t.process_id = p.id and t.by_id = ${self})
    or exists (select 1 from process_task t join process_task_holder h on h.task_id = t.id
      where t.process_id = p.id and t.state = 'open' and h.user_id in (${PRINCIPALS(self, at)})))`
}

export interface ProcessFilter {
  readonly projectId?: string | undefined
  readonly state?: ProcessState | undefined
  readonly definition?: string | undefined
  readonly subject?: string | undefined
  readonly subjectId?: string | undefined
  /** Only what the person started. */
  readonly mine?: boolean | undefined
  readonly q?: string | undefined
  readonly after: ListCursor | null
  readonly limit: number
}

/** Newest first. */
export async function listProcesses(
  pool: Pool,
  user: CurrentUser,
  now: Date,
  filter: ProcessFilter,
): Promise<SummaryRow[]> {
  const params: unknown[] = []
  const conditions: string[] = []
  const add = (sql: (value: string) => string, value: unknown) => {
    if (value !== undefined) conditions.push(sql(`$${params.push(value)}`))
  }
  add((value) => `p.project_id = ${value}::uuid`, filter.projectId)
  add((value) => `p.state = ${value}`, filter.state)
  add((value) => `p.key = ${value}`, filter.definition)
  add((value) => `p.subject_kind = ${value}`, filter.subject)
  add((value) => `p.subject_id = ${value}`, filter.subjectId)
  if (filter.mine) add((value) => `p.starter_id = ${value}::uuid`, user.id)
  if (filter.q) add((value) => `strpos(lower(p.title || ' ' || p.starter), lower(${value})) > 0`, filter.q)
  if (filter.after) {
    const at = `$${params.push(new Date(filter.after.atMs))}::timestamptz`
    conditions.push(`(p.started_at, p.id) < (${at}, $${params.push(filter.after.id)}::uuid)`)
  }
  conditions.push(visibleSql(user, now, params))
  const { rows } = await pool.query<SummaryRow>(
    `select ${SUMMARY} ${FROM} where ${conditions.join(' and ')}
     order by p.started_at desc, p.id desc limit $${params.push(filter.limit)}`,
    params,
  )
  return rows
}

export interface DetailRow extends SummaryRow {
  readonly content: ProcessContent
  readonly fieldTypes: readonly ProcessField[]
  readonly snapshot: ProcessSnapshot
}

const DETAIL = `${SUMMARY}, v.content, v.fields as "fieldTypes", p.snapshot`

/** Null when there is none that the person may see. */
export async function findProcess(
  pool: Pool,
  user: CurrentUser,
  now: Date,
  id: string,
): Promise<DetailRow | null> {
  const params: unknown[] = [id]
  const { rows } = await pool.query<DetailRow>(
    `select ${DETAIL} ${FROM} where p.id = $1::uuid and ${visibleSql(user, now, params)}`,
    params,
  )
  return rows[0] ?? null
}

/** Whoever may see it: the scope of the subject counts. */
export async function newestAbout(
  pool: Pool,
  subjectKind: string,
  subjectId: string,
): Promise<DetailRow | null> {
  const { rows } = await pool.query<DetailRow>(
    `select ${DETAIL} ${FROM} where p.subject_kind = $1 and p.subject_id = $2
     order by p.started_at desc, p.id desc limit 1`,
    [subjectKind, subjectId],
  )
  return rows[0] ?? null
}

/** Oldest first. */
export async function eventsOf(
  pool: Pool,
  processId: string,
): Promise<(Omit<ProcessEvent, 'at'> & { at: Date })[]> {
  const { rows } = await pool.query<Omit<ProcessEvent, 'at'> & { at: Date }>(
    `select e.id, e.at, e.kind, e.step, e.by, e.behalf_of as "onBehalfOf", e.outcome, e.comment, e.attachments,
       array(select u.display_name from app_user u where u.id = any(e.people) order by 1) as people
     from process_event e where e.process_id = $1 order by e.id`,
    [processId],
  )
  return rows
}

type TaskInstants = 'decidedAt' | 'openedAt' | 'dueAt'
export type TaskListRow = Omit<ProcessTask, TaskInstants> & {
  readonly decidedAt: Date | null
  readonly openedAt: Date
  readonly dueAt: Date | null
}

/** All voices of a process, in the order of their steps. */
export async function tasksOf(pool: Pool, processId: string): Promise<TaskListRow[]> {
  const { rows } = await pool.query<TaskListRow>(
    `select t.id, t.step, t.state, t.escalated, t.outcome, t.by as "decidedBy", t.behalf_of as "decidedFor",
       t.decided_at as "decidedAt", t.opened_at as "openedAt", t.due_at as "dueAt",
       coalesce((select jsonb_agg(jsonb_build_object('id', u.id, 'name', u.display_name) order by u.display_name, u.id)
         from process_task_holder h join app_user u on u.id = h.user_id where h.task_id = t.id), '[]'::jsonb) as holders
     from process_task t where t.process_id = $1 order by t.round, t.seat`,
    [processId],
  )
  return rows
}

export interface MyTaskRow extends DetailRow {
  readonly taskId: string
  readonly taskStep: string
  readonly taskState: 'open' | 'decided' | 'cancelled'
  readonly escalated: boolean
  readonly taskOutcome: ProcessTask['outcome']
  readonly decidedBy: string | null
  readonly decidedAt: Date | null
  readonly openedAt: Date
  readonly taskDueAt: Date | null
  /** Null when the person is asked himself. */
  readonly principalId: string | null
  readonly principal: string | null
  readonly sortAt: Date
}

const TASK = `t.id as "taskId", t.step as "taskStep", t.state as "taskState", t.escalated,
  t.outcome as "taskOutcome", t.by as "decidedBy", t.decided_at as "decidedAt", t.opened_at as "openedAt",
  t.due_at as "taskDueAt"`

/**
 * Open tasks that the person may answer: his own, and those of people whom he stands in for, where he has no voice
 * of his own and did not start the process himself. The rules are those of the engine's `refusalOf`.
 */
function openTasksSql(user: CurrentUser, now: Date, params: unknown[]): string {
  const self = `$${params.push(user.id)}::uuid`
  const at = `$${params.push(now)}::timestamptz`
  const others = `from process_task o where o.process_id = t.process_id and o.round = t.round and o.id <> t.id`
  return `from process_task t join process p on p.id = t.process_id
    join process_version v on v.key = p.key and v.version = p.version
    cross join lateral (select one.step as content from jsonb_array_elements(v.content->'steps') as one(step)
      where one.step->>'key' = t.step) here
    cross join lateral (
      select h.user_id from process_task_holder h
      where h.task_id = t.id and (h.user_id = ${self} or (h.user_id in (${PRINCIPALS(self, at)})
        and not exists (select 1 ${others} and not o.escalated and exists (
          select 1 from process_task_holder oh where oh.task_id = o.id and oh.user_id = ${self}))))
      order by h.user_id <> ${self}, h.user_id limit 1) asked
    where t.state = 'open' and p.state = 'running'
      and t.id in (select task_id from process_task_holder where user_id = ${self} or user_id in (${PRINCIPALS(self, at)}))
      and not (p.starter_id = ${self} and coalesce((here.content->>'withoutStarter')::boolean, false))
      and not exists (select 1 ${others} and o.by_id = ${self})`
}

/** Soonest due first; what is never due last, oldest first. */
const SORT = `coalesce(t.due_at, t.opened_at + interval '100 years')`

export async function openTasks(
  pool: Pool,
  user: CurrentUser,
  now: Date,
  only: {
    readonly taskId?: string
    readonly processId?: string
    readonly after: ListCursor | null
    readonly limit: number
  },
): Promise<MyTaskRow[]> {
  const params: unknown[] = []
  const from = openTasksSql(user, now, params)
  const conditions: string[] = []
  if (only.taskId) conditions.push(`t.id = $${params.push(only.taskId)}::uuid`)
  if (only.processId) conditions.push(`t.process_id = $${params.push(only.processId)}::uuid`)
  if (only.after) {
    const at = `$${params.push(new Date(only.after.atMs))}::timestamptz`
    conditions.push(`(${SORT}, t.id) > (${at}, $${params.push(only.after.id)}::uuid)`)
  }
  const self = `$${params.push(user.id)}::uuid`
  const { rows } = await pool.query<MyTaskRow>(
    `select ${DETAIL}, ${TASK}, ${SORT} as "sortAt", nullif(asked.user_id, ${self}) as "principalId",
       (select display_name from app_user u where u.id = nullif(asked.user_id, ${self})) as principal
     ${from} ${conditions.map((one) => `and ${one}`).join(' ')}
     order by ${SORT}, t.id limit $${params.push(only.limit)}`,
    params,
  )
  return rows
}

export async function countOpenTasks(
  pool: Pool,
  user: CurrentUser,
  now: Date,
): Promise<{ open: number; overdue: number }> {
  const params: unknown[] = []
  const from = openTasksSql(user, now, params)
  const { rows } = await pool.query<{ open: number; overdue: number }>(
    `select count(*)::int as open,
       (count(*) filter (where t.due_at <= $${params.push(now)}::timestamptz))::int as overdue ${from}`,
    params,
  )
  return rows[0]!
}

/** What the person has answered, newest first. */
export async function decidedTasks(
  pool: Pool,
  user: CurrentUser,
  only: { readonly taskId?: string; readonly after: ListCursor | null; readonly limit: number },
): Promise<MyTaskRow[]> {
  const params: unknown[] = [user.id]
  const conditions = [`t.by_id = $1::uuid`]
  if (only.taskId) conditions.push(`t.id = $${params.push(only.taskId)}::uuid`)
  if (only.after) {
    const at = `$${params.push(new Date(only.after.atMs))}::timestamptz`
    conditions.push(`(t.decided_at, t.id) < (${at}, $${params.push(only.after.id)}::uuid)`)
  }
  const { rows } = await pool.query<MyTaskRow>(
    `select ${DETAIL}, ${TASK}, t.decided_at as "sortAt", null as "principalId", t.behalf_of as principal
     from process_task t join process p on p.id = t.process_id
     join process_version v on v.key = p.key and v.version = p.version
     where ${conditions.join(' and ')} order by t.decided_at desc, t.id desc limit $${params.push(only.limit)}`,
    params,
  )
  return rows
}

import type { Pool, PoolClient } from 'pg'
import type { ReminderState } from '@courtyard/protocols/contract'
import { unionOfPlaces } from '../../platform/auth/grant.ts'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import { grantsOf, type Viewer } from '../../platform/auth/user.ts'
import type { ReminderRecord } from '../../platform/reminders/source.ts'

export interface ReminderRow {
  readonly id: string
  readonly ruleId: string
  readonly projectId: string
  readonly source: string
  readonly title: string
  readonly link: string | null
  readonly dueOn: string
  readonly state: ReminderState
  readonly snoozedUntil: string | null
  readonly note: string | null
  readonly openedAt: Date
  readonly escalatedAt: Date | null
  readonly closedAt: Date | null
  readonly closedBy: string | null
  readonly version: number
}

export interface ShownReminder extends ReminderRow {
  readonly rule: string
  readonly timeZone: string
  readonly people: string[]
}

const COLUMNS = `m.id, m.rule_id as "ruleId", m.project_id as "projectId", m.source, m.title, m.link,
  m.due_on::text as "dueOn", m.state, m.snoozed_until::text as "snoozedUntil", m.note, m.opened_at as "openedAt",
  m.escalated_at as "escalatedAt", m.closed_at as "closedAt", m.closed_by as "closedBy", m.version`

const SHOWN = `${COLUMNS}, r.name as rule, p.time_zone as "timeZone", array(
    select u.display_name from reminder_person x join app_user u on u.id = x.user_id where x.reminder_id = m.id
    order by u.display_name) as people
  from reminder m join reminder_rule r on r.id = m.rule_id join project p on p.id = m.project_id`

/** One's own in projects that one still keeps, or with `reminders.read` those of a whole project. */
function visibleSql(user: Viewer, whose: 'mine' | 'project', params: unknown[]): string {
  if (whose === 'project') return scopeSql(user, 'reminders.read', { project: 'm.project_id' }, params)
  const mine = `exists (select from reminder_person x where x.reminder_id = m.id and x.user_id = $${params.push(user.id)})`
  const place = unionOfPlaces(grantsOf(user).map((grant) => grant.place))
  if (place.all) return mine
  const projectIds = [...new Set([...place.projectIds, ...place.buildings.map(({ projectId }) => projectId)])]
  return `(${mine} and m.project_id = any($${params.push(projectIds)}::uuid[]))`
}

export interface ListFilter {
  readonly state: 'open' | 'snoozed' | 'done'
  readonly whose: 'mine' | 'project'
  readonly projectId?: string | undefined
  readonly source?: string | undefined
  readonly q?: string | undefined
  /** Day or instant of the last row that was shown, and its id. */
  readonly after: { readonly at: string; readonly id: string } | null
  readonly limit: number
}

/** Open ones soonest due first, done ones newest first; one more than asked for. */
export async function listReminders(pool: Pool, user: Viewer, filter: ListFilter): Promise<ShownReminder[]> {
  const params: unknown[] = [filter.limit + 1]
  const done = filter.state === 'done'
  const conditions = [
    visibleSql(user, filter.whose, params),
    done ? `m.state in ('handled', 'dismissed', 'over')` : `m.state = $${params.push(filter.state)}`,
  ]
  if (filter.projectId) conditions.push(`m.project_id = $${params.push(filter.projectId)}::uuid`)
  if (filter.source) conditions.push(`m.source = $${params.push(filter.source)}`)
  if (filter.q) conditions.push(`strpos(lower(m.title), lower($${params.push(filter.q)})) > 0`)
  if (filter.after) {
    const [at, id] = [params.push(filter.after.at), params.push(filter.after.id)]
    conditions.push(
      done
        ? `(m.closed_at, m.id) < ($${at}::timestamptz, $${id}::uuid)`
        : `(m.due_on, m.id) > ($${at}::date, $${id}::uuid)`,
    )
  }
  const order = done ? 'm.closed_at desc, m.id desc' : 'm.due_on, m.id'
  const { rows } = await pool.query<ShownReminder>(
    `select ${SHOWN} where ${conditions.join(' and ')} order by ${order} limit $1`,
    params,
  )
  return rows
}

export async function countReminders(
  pool: Pool,
  user: Viewer,
  now: Date,
): Promise<{ open: number; overdue: number }> {
  const params: unknown[] = [now]
  const { rows } = await pool.query<{ open: number; overdue: number }>(
    `select count(*)::int as open,
       count(*) filter (where m.due_on < ($1::timestamptz at time zone p.time_zone)::date)::int as overdue
     from reminder m join project p on p.id = m.project_id
     where m.state = 'open' and ${visibleSql(user, 'mine', params)}`,
    params,
  )
  return rows[0]!
}

/** One's own, or one of a project whose reminders one may read. */
export async function visibleReminder(
  client: Pool | PoolClient,
  user: Viewer,
  id: string,
  lock = false,
): Promise<ShownReminder | null> {
  const params: unknown[] = [id]
  const mine = visibleSql(user, 'mine', params)
  const all = visibleSql(user, 'project', params)
  const { rows } = await client.query<ShownReminder>(
    `select ${SHOWN} where m.id = $1 and (${mine} or ${all}) ${lock ? 'for update of m' : ''}`,
    params,
  )
  return rows[0] ?? null
}

export interface StateChange {
  readonly state: ReminderState
  readonly snoozedUntil?: string | null
  readonly note?: string | null
  readonly closedAt?: Date | null
  readonly closedById?: string | null
  readonly closedBy?: string | null
}

/** Of a row that the caller has locked. */
export async function changeState(client: PoolClient, id: string, change: StateChange): Promise<void> {
  await client.query(
    `update reminder set state = $2, snoozed_until = $3::date, note = $4, closed_at = $5, closed_by_id = $6,
       closed_by = $7, version = version + 1 where id = $1`,
    [
      id,
      change.state,
      change.snoozedUntil ?? null,
      change.note ?? null,
      change.closedAt ?? null,
      change.closedById ?? null,
      change.closedBy ?? null,
    ],
  )
}

/** The reminder of this record and day, made if it is new, locked until the transaction ends. */
export async function takeReminder(
  client: PoolClient,
  rule: { readonly id: string; readonly source: string },
  projectId: string,
  record: ReminderRecord,
  now: Date,
): Promise<ReminderRow & { readonly isNew: boolean }> {
  const { rowCount } = await client.query(
    `insert into reminder (rule_id, project_id, source, record_id, title, link, due_on, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7::date, $8) on conflict (rule_id, record_id, due_on) do nothing`,
    [rule.id, projectId, rule.source, record.id, record.title, record.link, record.dueOn, now],
  )
  const { rows } = await client.query<ReminderRow>(
    `select ${COLUMNS} from reminder m where m.rule_id = $1 and m.record_id = $2 and m.due_on = $3::date for update`,
    [rule.id, record.id, record.dueOn],
  )
  return { ...rows[0]!, isNew: rowCount === 1 }
}

/** @returns those who were not told this step before */
export async function fire(
  client: PoolClient,
  reminderId: string,
  step: string,
  userIds: readonly string[],
  now: Date,
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `insert into reminder_firing (reminder_id, step, user_id, fired_at)
     select $1, $2, unnest($3::uuid[]), $4 on conflict do nothing returning user_id as id`,
    [reminderId, step, userIds, now],
  )
  return rows.map(({ id }) => id)
}

export async function addPeople(
  client: PoolClient,
  reminderId: string,
  userIds: readonly string[],
  escalated: boolean,
): Promise<void> {
  await client.query(
    `insert into reminder_person (reminder_id, user_id, escalated) select $1, unnest($2::uuid[]), $3
     on conflict do nothing`,
    [reminderId, userIds, escalated],
  )
}

export async function markEscalated(client: PoolClient, reminderId: string, now: Date): Promise<void> {
  await client.query('update reminder set escalated_at = $2, version = version + 1 where id = $1', [
    reminderId,
    now,
  ])
}

/** Ends what nothing asks for any more. `found`: records with their days. */
export async function closeSettled(
  client: PoolClient,
  ruleId: string,
  projectId: string,
  found: readonly Pick<ReminderRecord, 'id' | 'dueOn'>[],
  now: Date,
): Promise<number> {
  const { rowCount } = await client.query(
    `update reminder m set state = 'over', closed_at = $4, snoozed_until = null, version = version + 1
     where m.rule_id = $1 and m.project_id = $2 and m.state in ('open', 'snoozed') and not exists (
       select from jsonb_to_recordset($3::jsonb) as f(id text, "dueOn" date)
       where f.id = m.record_id and f."dueOn" = m.due_on)`,
    [ruleId, projectId, JSON.stringify(found.map(({ id, dueOn }) => ({ id, dueOn }))), now],
  )
  return rowCount ?? 0
}

/** Ends the reminders of a rule that is no longer in force, everywhere. */
export async function closeAllOf(client: PoolClient, ruleId: string, now: Date): Promise<void> {
  await client.query(
    `update reminder set state = 'over', closed_at = $2, snoozed_until = null, version = version + 1
     where rule_id = $1 and state in ('open', 'snoozed')`,
    [ruleId, now],
  )
}

export interface ProjectOfLook {
  readonly id: string
  readonly name: string
  readonly timeZone: string
  /** Last day that was looked through. */
  readonly lastDay: string | null
}

export async function projectsToLookAt(pool: Pool, id: string | null): Promise<ProjectOfLook[]> {
  const { rows } = await pool.query<ProjectOfLook>(
    `select p.id, p.name, p.time_zone as "timeZone", r.day::text as "lastDay"
     from project p left join reminder_run r on r.project_id = p.id
     where p.archived_at is null and ($1::uuid is null or p.id = $1) order by p.id`,
    [id],
  )
  return rows
}

export async function noteLook(
  pool: Pool,
  projectId: string,
  day: string,
  now: Date,
  opened: number,
): Promise<void> {
  await pool.query(
    `insert into reminder_run (project_id, day, at, opened) values ($1, $2::date, $3, $4)
     on conflict (project_id) do update set day = excluded.day, at = excluded.at, opened = excluded.opened
     where reminder_run.day <= excluded.day`,
    [projectId, day, now, opened],
  )
}

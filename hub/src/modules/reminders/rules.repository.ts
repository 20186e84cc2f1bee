import type { Pool, PoolClient } from 'pg'
import type { ReminderRecipient, ReminderRuleContent } from '@courtyard/protocols/contract'
import type { Viewer } from '../../platform/auth/user.ts'
import { grantsOf } from '../../platform/auth/user.ts'
import { scopeSql } from '../../platform/auth/scope-sql.ts'

type Client = Pool | PoolClient

export interface RuleRow {
  readonly id: string
  readonly projectId: string | null
  readonly source: string
  readonly name: string
  readonly enabled: boolean
  readonly stepsDays: number[]
  readonly repeatDays: number | null
  readonly conditions: Record<string, string[]>
  readonly recipients: ReminderRecipient[]
  readonly escalateDays: number | null
  readonly escalateTo: ReminderRecipient[]
  readonly channels: ReminderRuleContent['channels']
  readonly priority: ReminderRuleContent['priority']
  readonly builtin: string | null
  readonly version: number
}

const COLUMNS = `r.id, r.project_id as "projectId", r.source, r.name, r.enabled, r.steps_days as "stepsDays",
  r.repeat_days as "repeatDays", r.conditions, r.recipients, r.escalate_days as "escalateDays",
  r.escalate_to as "escalateTo", r.channels, r.priority, r.builtin, r.version`

/** In force for one project. */
export async function rulesInForce(pool: Pool, projectId: string): Promise<RuleRow[]> {
  const { rows } = await pool.query<RuleRow>(
    `select ${COLUMNS} from reminder_rule r
     where r.archived_at is null and r.enabled and (r.project_id is null or r.project_id = $1)
     order by r.created_at, r.id`,
    [projectId],
  )
  return rows
}

/** Those of the person's projects and those of all; with how many of its reminders are open for the project named. */
export async function listRules(
  pool: Pool,
  user: Viewer,
  projectId: string | undefined,
): Promise<(RuleRow & { open: number })[]> {
  const params: unknown[] = [projectId ?? null]
  const scope = scopeSql(user, 'reminders.manage', { project: 'r.project_id' }, params)
  const ofAll = grantsOf(user, 'reminders.manage').length > 0 ? 'r.project_id is null' : 'false'
  const reminders = scopeSql(user, 'reminders.manage', { project: 'm.project_id' }, params)
  const { rows } = await pool.query<RuleRow & { open: number }>(
    `select ${COLUMNS}, (select count(*)::int from reminder m where m.rule_id = r.id and m.state in ('open', 'snoozed')
       and ($1::uuid is null or m.project_id = $1) and ${reminders}) as open
     from reminder_rule r where r.archived_at is null and (${ofAll} or ${scope})
       and ($1::uuid is null or r.project_id is null or r.project_id = $1)
     order by r.project_id is not null, r.created_at, r.id`,
    params,
  )
  return rows
}

export async function findRule(client: Client, id: string, lock = false): Promise<RuleRow | null> {
  const { rows } = await client.query<RuleRow>(
    `select ${COLUMNS} from reminder_rule r where r.id = $1 and r.archived_at is null ${lock ? 'for update' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

const valuesOf = (content: ReminderRuleContent) => [
  content.projectId,
  content.source,
  content.name,
  content.enabled,
  content.stepsDays,
  content.repeatDays,
  JSON.stringify(content.conditions),
  JSON.stringify(content.recipients),
  content.escalateDays,
  JSON.stringify(content.escalateTo),
  content.channels,
  content.priority,
]

export async function insertRule(
  client: PoolClient,
  content: ReminderRuleContent,
  by: string | null,
  now: Date,
  builtin: string | null,
): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `insert into reminder_rule (project_id, source, name, enabled, steps_days, repeat_days, conditions, recipients,
       escalate_days, escalate_to, channels, priority, created_by, updated_by, created_at, updated_at, builtin)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $14, $15)
     on conflict (builtin) do nothing returning id`,
    [...valuesOf(content), by, now, builtin],
  )
  return rows[0]?.id ?? null
}

/** Of a row that the caller has locked. */
export async function updateRule(
  client: PoolClient,
  id: string,
  content: ReminderRuleContent,
  by: string,
  now: Date,
): Promise<void> {
  await client.query(
    `update reminder_rule set project_id = $1, source = $2, name = $3, enabled = $4, steps_days = $5, repeat_days = $6,
       conditions = $7, recipients = $8, escalate_days = $9, escalate_to = $10, channels = $11, priority = $12,
       updated_by = $13, updated_at = $14, version = version + 1 where id = $15`,
    [...valuesOf(content), by, now, id],
  )
}

export async function archiveRule(client: PoolClient, id: string, by: string, now: Date): Promise<void> {
  await client.query(
    `update reminder_rule set archived_at = $2, updated_at = $2, updated_by = $3, version = version + 1 where id = $1`,
    [id, now, by],
  )
}

/** Names of roles and people that exist and may be told. */
export async function knownRecipients(
  client: Client,
  ids: readonly string[],
  roles: readonly string[],
): Promise<{ people: Map<string, string>; roles: Set<string> }> {
  const people = await client.query<{ id: string; name: string }>(
    'select id, display_name as name from app_user where id = any($1::uuid[]) and disabled_at is null',
    [ids],
  )
  const known = await client.query<{ code: string }>(
    'select code from role where code = any($1::text[]) and archived_at is null',
    [roles],
  )
  return {
    people: new Map(people.rows.map(({ id, name }) => [id, name])),
    roles: new Set(known.rows.map(({ code }) => code)),
  }
}

/** Each statement answers for all projects of a person at once; `ids` are theirs. */
import type { PoolClient } from 'pg'
import type { Medium, Permission } from '@courtyard/protocols/contract'
import { scopeSql, type ScopeColumns } from '../../platform/auth/scope-sql.ts'
import { hasPermission, type CurrentUser } from '../../platform/auth/user.ts'
import { pointScope } from '../metering/index.ts'

type Client = Pick<PoolClient, 'query'>
type ById<T> = ReadonlyMap<string, T>

export interface ProjectRow {
  readonly id: string
  readonly code: string
  readonly name: string
  /** Of the project's own clock. */
  readonly today: string
}

export async function managedProjects(client: Client, user: CurrentUser, now: Date): Promise<ProjectRow[]> {
  const params: unknown[] = [now]
  const scope = scopeSql(user, 'manager.read', { project: 'p.id', anyPart: true }, params)
  const { rows } = await client.query<ProjectRow>(
    `select p.id, p.code, p.name, ($1::timestamptz at time zone p.time_zone)::date::text as today
     from project p where p.archived_at is null and ${scope} order by p.name`,
    params,
  )
  return rows
}

interface Fact {
  readonly permission: Permission
  readonly scope: ScopeColumns
  /** $1 ids of projects; `SCOPE` is where the condition goes. One row per project that has any. */
  readonly sql: string
}

const gateway = { permission: 'gateways.read', scope: { project: 'g.project_id' } } as const
const device = { permission: 'devices.read', scope: { project: 'd.project_id' } } as const

const FACTS = {
  gateways: {
    ...gateway,
    sql: `select project_id, json_build_object('total', count(*), 'online', count(*) filter (where online),
       'offline', count(*) filter (where enrolled_at is not null and not online))
     from gateway g where project_id = any($1) and revoked_at is null and SCOPE group by 1`,
  },
  devices: {
    ...device,
    // What is behind a gateway that is away counts with the gateway, not as a case of its own
    sql: `select d.project_id, json_build_object('total', count(*), 'online', count(*) filter (where d.state = 'online'),
       'offline', count(*) filter (where d.state = 'offline'),
       'cases', count(*) filter (where d.state = 'offline' and g.online))
     from device d join gateway g on g.id = d.gateway_id
     where d.project_id = any($1) and d.removed_at is null and SCOPE group by 1`,
  },
  quarantine: {
    permission: 'gateways.read',
    scope: { project: 'q.project_id' },
    sql: `select project_id, count(*) from quarantine_entry q
     where project_id = any($1) and state = 'open' and SCOPE group by 1`,
  },
  usageHeld: {
    permission: 'metering.read',
    scope: pointScope('mp'),
    sql: `select h.project_id, count(distinct h.metering_point_id) from held_interval h
       join metering_point mp on mp.id = h.metering_point_id
     where h.project_id = any($1) and h.reason = 'index_went_back' and SCOPE group by 1`,
  },
  receivable: {
    permission: 'charging.read',
    scope: { project: 'r.project_id' },
    sql: `select project_id, json_build_object('amount', sum(amount)::text, 'bills', sum(bills)::int,
       'thisMonth', coalesce(sum(amount) filter (where issued_at >= date_trunc('month', now())), 0)::numeric(16, 2)::text)
     from bill_run r where project_id = any($1) and status = 'issued' and SCOPE group by 1`,
  },
  commands: {
    permission: 'commands.read',
    scope: { project: 'c.project_id' },
    sql: `select project_id, count(*) from command c
     where project_id = any($1) and state = 'awaitingApproval' and SCOPE group by 1`,
  },
  handovers: {
    permission: 'handover.read',
    scope: { project: 'h.project_id', building: 'h.building_id' },
    sql: `select project_id, count(*) from handover h
     where project_id = any($1) and state not in ('completed', 'cancelled') and SCOPE group by 1`,
  },
  metersToRead: {
    permission: 'readingRounds.read',
    scope: { project: 'tk.project_id' },
    sql: `select tk.project_id, count(*) from reading_task tk join reading_task_point tp on tp.task_id = tk.id
     where tk.project_id = any($1) and tk.state = 'open' and tp.state in ('open', 'setAside') and SCOPE group by 1`,
  },
  tasks: {
    permission: 'workflow.read',
    scope: { project: 'pr.project_id' },
    sql: `select pr.project_id, count(*) from process_task t join process pr on pr.id = t.process_id
     where pr.project_id = any($1) and t.state = 'open' and SCOPE group by 1`,
  },
} as const satisfies Record<string, Fact>

export interface FactValues {
  readonly gateways: { total: number; online: number; offline: number }
  readonly devices: { total: number; online: number; offline: number; cases: number }
  readonly quarantine: number
  readonly usageHeld: number
  readonly receivable: { amount: string; bills: number; thisMonth: string }
  readonly commands: number
  readonly handovers: number
  readonly metersToRead: number
  readonly tasks: number
}

/** By project; null when the person may see none of it anywhere. */
export async function factOf<K extends keyof FactValues>(
  client: Client,
  user: CurrentUser,
  ids: readonly string[],
  name: K,
): Promise<ById<FactValues[K]> | null> {
  const { permission, scope, sql }: Fact = FACTS[name]
  if (!hasPermission(user, permission)) return null
  const params: unknown[] = [ids]
  const condition = scopeSql(user, permission, scope, params)
  const { rows } = await client.query<{ id: string; value: unknown }>(
    `select t.id, to_json(t.value) as value from (${sql.replace('SCOPE', () => condition)}) as t (id, value)`,
    params,
  )
  return new Map(rows.map(({ id, value }) => [id, value as FactValues[K]]))
}

export interface EnergyRow {
  readonly projectId: string
  readonly medium: Medium
  readonly unit: string
  readonly day: string
  /** Null while nothing is known. */
  readonly usage: string | null
}

/** Fifteen local days of the top meters of each medium, today at the end. */
export async function energyDays(
  client: Client,
  user: CurrentUser,
  ids: readonly string[],
  now: Date,
): Promise<EnergyRow[]> {
  const params: unknown[] = [ids, now]
  const { rows } = await client.query<EnergyRow>(
    `with place as (
       select id, project_id, medium, unit, parent_id,
         case role when 'siteTotal' then 1 when 'buildingTotal' then 2 else 3 end as place
       from metering_point mp where project_id = any($1) and ${scopeSql(user, 'metering.read', pointScope('mp'), params)}),
     top as (
       select p.* from place p join (select project_id, medium, min(place) as best from place group by 1, 2) b
         on b.project_id = p.project_id and b.medium = p.medium and b.best = p.place
       where p.place < 3 or p.parent_id is null),
     kind as (select distinct project_id, medium, unit from top),
     span as (
       select pr.id, d::date as day from project pr cross join lateral generate_series(
         ($2::timestamptz at time zone pr.time_zone)::date - 14, ($2::timestamptz at time zone pr.time_zone)::date,
         interval '1 day') d where pr.id = any($1)),
     used as (
       select t.project_id, t.medium, t.unit, u.day, sum(u.usage) as usage
       from top t join usage_day u on u.metering_point_id = t.id
       where u.day >= $2::date - 16 and u.known_slots > 0 group by 1, 2, 3, 4)
     select k.project_id as "projectId", k.medium, k.unit, s.day::text, round(u.usage, 2)::text as usage
     from kind k join span s on s.id = k.project_id
       left join used u on u.project_id = k.project_id and u.medium = k.medium and u.unit = k.unit and u.day = s.day
     order by array_position(array['electricity', 'water', 'gas', 'heat'], k.medium), k.medium, k.unit, s.day`,
    params,
  )
  return rows
}

/** The few statements behind the overview; each answers for a whole project. */
import type { PoolClient } from 'pg'
import type { Overview, Permission } from '@courtyard/protocols/contract'
import { scopeSql, type ScopeColumns } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { pointScope } from '../metering/index.ts'

export type Queryable = Pick<PoolClient, 'query'>
type Attention = Overview['attention'][number]

/** Of each kind of trouble at most this many are named. */
const MOST_OF_A_KIND = 10

export interface FleetCounts {
  readonly gateways: Overview['gateways']
  readonly devices: Overview['devices']
  readonly lastReadingAt: Date | null
  readonly readingsToday: number
}

/**
 * `midnight`: the project's. The last reading is the newest that either a device reports or usage was made from. Of
 * what lies outside the scope nothing is counted.
 */
export async function fleetCounts(
  client: Queryable,
  user: Viewer,
  projectId: string,
  midnight: Date,
): Promise<FleetCounts> {
  const params: unknown[] = [projectId, midnight]
  const gateways = scopeSql(user, 'gateways.read', { project: 'g.project_id' }, params)
  const devices = scopeSql(user, 'devices.read', { project: 'd.project_id' }, params)
  const points = scopeSql(user, 'metering.read', pointScope('mp'), params)
  const { rows } = await client.query<FleetCounts>(
    `select
       (select json_build_object('total', count(*), 'online', count(*) filter (where online))
        from gateway g where project_id = $1 and revoked_at is null and ${gateways}) as gateways,
       (select json_build_object('total', count(*), 'online', count(*) filter (where state = 'online'),
          'degraded', count(*) filter (where state = 'degraded'), 'offline', count(*) filter (where state = 'offline'))
        from device d where project_id = $1 and removed_at is null and ${devices}) as devices,
       greatest((select max(last_good_at) from device d where project_id = $1 and ${devices}),
         (select max(s.last_read_at) from metering_point_state s join metering_point mp on mp.id = s.metering_point_id
          where s.project_id = $1 and ${points})) as "lastReadingAt",
       (select coalesce(sum(b.readings), 0)::float8 from reading_batch b join gateway g on g.id = b.gateway_id
        where g.project_id = $1 and b.received_at >= $2 and ${gateways}) as "readingsToday"`,
    params,
  )
  return rows[0]!
}

export interface TopMeterRow {
  readonly medium: Overview['energy'][number]['medium']
  readonly unit: string
  readonly day: string
  readonly slotUsage: string
  readonly scale: number
}

/**
 * Days of the top meters of each medium: the site total, else the building totals, else all that have no parent.
 */
export async function topMeterDays(
  client: Queryable,
  user: Viewer,
  projectId: string,
  days: readonly string[],
): Promise<TopMeterRow[]> {
  const params: unknown[] = [projectId, days]
  const { rows } = await client.query<TopMeterRow>(
    `with ranked as (
       select id, medium, unit, case role when 'siteTotal' then 1 when 'buildingTotal' then 2 else 3 end as place,
         min(case role when 'siteTotal' then 1 when 'buildingTotal' then 2 else 3 end) over (partition by medium) as best,
         parent_id
       from metering_point mp where project_id = $1 and ${scopeSql(user, 'metering.read', pointScope('mp'), params)})
     select r.medium, r.unit, u.day::text, u.slot_usage::text as "slotUsage", u.scale
     from ranked r join usage_day u on u.metering_point_id = r.id and u.day = any($2::date[])
     where r.place = r.best and (r.best < 3 or r.parent_id is null)
     order by array_position(array['electricity', 'water', 'gas', 'heat'], r.medium), r.medium`,
    params,
  )
  return rows
}

/** Electricity of a day by role, without the totals, largest first. */
export async function usageByRole(
  client: Queryable,
  user: Viewer,
  projectId: string,
  day: string,
): Promise<Overview['byRole']> {
  const params: unknown[] = [projectId, day]
  const { rows } = await client.query<{ role: string; usage: string }>(
    `select mp.role, trim_scale(sum(u.usage))::text as usage
     from usage_day u join metering_point mp on mp.id = u.metering_point_id
     where u.project_id = $1 and u.day = $2 and mp.medium = 'electricity' and mp.role not in ('siteTotal', 'buildingTotal')
       and ${scopeSql(user, 'metering.read', pointScope('mp'), params)}
     group by 1 order by sum(u.usage) desc`,
    params,
  )
  return rows
}

/** Issued bills of the last months, by item. */
export async function issuedBills(
  client: Queryable,
  user: Viewer,
  projectId: string,
): Promise<Overview['bills']> {
  const params: unknown[] = [projectId]
  const { rows } = await client.query<{
    month: string
    zh: string
    en: string
    issued: number
    amount: string
    runId: string
  }>(
    `select to_char(r.month, 'YYYY-MM') as month, i.label_zh as zh, i.label_en as en, sum(r.bills)::int as issued,
       sum(r.amount)::text as amount, (array_agg(r.id order by r.issued_at desc))[1] as "runId"
     from bill_run r join charge_item i on i.id = r.item_id
     where r.project_id = $1 and r.status = 'issued'
       and ${scopeSql(user, 'charging.read', { project: 'r.project_id' }, params)}
     group by r.month, i.id order by r.month desc, i.code limit 6`,
    params,
  )
  return rows.map(({ zh, en, ...row }) => ({ ...row, item: { zh, en } }))
}

interface AttentionRow {
  code: Attention['code']
  severity: Attention['severity']
  values: Record<string, string>
  href: string
  since: Date | null
}

interface Trouble {
  readonly permission: Permission
  readonly scope: ScopeColumns
  /** $1 project, $2 now, $3 first day of this month; `SCOPE` is where the condition of the scope goes. */
  readonly sql: string
}

const ofGateways = { permission: 'gateways.read', scope: { project: 'g.project_id' } } as const
const ofPoints = { permission: 'metering.read', scope: pointScope('mp') } as const

const TROUBLES: readonly Trouble[] = [
  {
    ...ofGateways,
    sql: `select 'gatewayOffline' as code, 'fault' as severity, json_build_object('name', name) as values,
     '/gateways/' || id as href, last_seen_at as since
   from gateway g where project_id = $1 and revoked_at is null and enrolled_at is not null and not online and SCOPE`,
  },
  {
    permission: 'devices.read',
    scope: { project: 'd.project_id' },
    sql: `select 'deviceOffline', 'fault', json_build_object('name', d.name), '/devices/' || d.id, d.last_good_at
   from device d join gateway g on g.id = d.gateway_id
   where d.project_id = $1 and d.removed_at is null and d.state = 'offline' and g.online and SCOPE`,
  },
  {
    ...ofGateways,
    sql: `select 'readingsLost', 'fault', json_build_object('name', g.name, 'count', sum(l.readings)::text),
     '/gateways/' || g.id, max(l.to_at)
   from lost_readings l join gateway g on g.id = l.gateway_id
   where g.project_id = $1 and l.to_at > $2::timestamptz - interval '7 days' and SCOPE group by g.id, g.name`,
  },
  {
    permission: 'gateways.read',
    scope: { project: 'q.project_id' },
    sql: `select 'quarantine', 'attention', json_build_object('count', count(*)::text), '/devices/quarantine',
     min(received_at)
   from quarantine_entry q where project_id = $1 and state = 'open' and SCOPE having count(*) > 0`,
  },
  {
    ...ofPoints,
    sql: `select 'usageHeld', 'fault', json_build_object('name', mp.name, 'code', mp.code), '/meters/' || mp.id,
     min(h.from_at)
   from held_interval h join metering_point mp on mp.id = h.metering_point_id
   where h.project_id = $1 and h.reason = 'index_went_back' and SCOPE group by mp.id, mp.name, mp.code`,
  },
  {
    ...ofPoints,
    sql: `select 'usageJump', 'attention', json_build_object('name', mp.name, 'code', mp.code), '/meters/' || mp.id,
     min(h.from_at)
   from held_interval h join metering_point mp on mp.id = h.metering_point_id
   where h.project_id = $1 and h.reason = 'index_jumped' and SCOPE group by mp.id, mp.name, mp.code`,
  },
  {
    ...ofPoints,
    sql: `select 'usageGap', 'attention', json_build_object('name', mp.name, 'code', mp.code), '/meters/' || mp.id,
     s.last_read_at
   from metering_point_state s join metering_point mp on mp.id = s.metering_point_id
     join installation i on i.metering_point_id = mp.id and i.to_at is null join meter m on m.id = i.meter_id
   where s.project_id = $1 and s.last_read_at < $2::timestamptz
     - case when m.point_id is null then interval '40 days' else interval '1 hour' end and SCOPE`,
  },
  {
    ...ofGateways,
    sql: `select 'backlog', 'attention',
     json_build_object('name', name, 'count', status #>> '{outbox,readings}'), '/gateways/' || id,
     to_timestamp((status #>> '{outbox,oldestAtMs}')::float8 / 1000)
   from gateway g where project_id = $1 and revoked_at is null and online
     and (status #>> '{outbox,oldestAtMs}')::float8 < extract(epoch from $2::timestamptz) * 1000 - 600000 and SCOPE`,
  },
  {
    permission: 'charging.read',
    scope: { project: 'r.project_id' },
    sql: `select 'runNotIssued', 'attention', json_build_object('name', i.label_zh || ' ' || to_char(r.month, 'YYYY-MM'),
     'nameEn', i.label_en || ' ' || to_char(r.month, 'YYYY-MM')), '/bills/runs/' || r.id, r.created_at
   from bill_run r join charge_item i on i.id = r.item_id
   where r.project_id = $1 and r.status = 'previewed' and r.month < $3::date and SCOPE`,
  },
  {
    permission: 'commands.read',
    scope: { project: 'c.project_id' },
    sql: `select 'commandsAwaiting', 'attention', json_build_object('count', count(*)::text), '/commands',
     min(requested_at)
   from command c where project_id = $1 and state = 'awaitingApproval' and SCOPE having count(*) > 0`,
  },
  {
    ...ofGateways,
    // The newest that was to run: what was mended since is no trouble any more
    sql: `select 'configRefused', 'fault', json_build_object('name', g.name, 'number', c.number::text),
     '/gateways/' || g.id || '?tab=config', c.settled_at
   from gateway g join lateral (
     select number, state, settled_at from gateway_config where gateway_id = g.id and state <> 'draft'
     order by number desc limit 1) c on true
   where g.project_id = $1 and g.revoked_at is null and c.state in ('refused', 'rolledBack') and SCOPE`,
  },
  {
    ...ofGateways,
    // Agents renew theirs with a third of its 90 days left: two weeks before the end something is wrong
    sql: `select 'certificateEnding', 'attention',
     json_build_object('name', g.name, 'until', to_char(c.expires_at, 'YYYY-MM-DD')),
     '/gateways/' || g.id || '?tab=certificate', c.expires_at
   from gateway g join lateral (
     select expires_at, revoked_at from issued_certificate where subject = g.id::text
     order by issued_at desc limit 1) c on true
   where g.project_id = $1 and g.revoked_at is null and c.revoked_at is null
     and c.expires_at < $2::timestamptz + interval '14 days' and SCOPE`,
  },
  {
    ...ofGateways,
    sql: `select 'clockUntrusted', 'attention', json_build_object('name', name), '/gateways/' || id, status_at
   from gateway g where project_id = $1 and revoked_at is null and online
     and status #>> '{health,clockTrusted}' = 'false' and SCOPE`,
  },
]

/** What needs a person who may see it, faults first, then by how long it lasts. */
export async function attention(
  client: Queryable,
  user: Viewer,
  projectId: string,
  now: Date,
  firstOfMonth: string,
): Promise<Attention[]> {
  const params: unknown[] = [projectId, now, firstOfMonth]
  const parts = TROUBLES.flatMap(({ permission, scope, sql }) => {
    const condition = scopeSql(user, permission, scope, params)
    if (condition === 'false') return []
    return `(select * from (${sql.replace('SCOPE', () => condition)}) as t (code, severity, values, href, since)
    order by since nulls first limit ${MOST_OF_A_KIND})`
  })
  if (parts.length === 0) return []
  const { rows } = await client.query<AttentionRow>(
    `with clock as (select $1::uuid as project, $2::timestamptz, $3::date) ${parts.join(' union all ')}`,
    params,
  )
  const order = (row: AttentionRow) => (row.severity === 'fault' ? 0 : 1)
  const since = (row: AttentionRow) => row.since?.getTime() ?? 0
  return rows
    .sort((a, b) => order(a) - order(b) || since(a) - since(b))
    .map((row) => ({ ...row, since: row.since?.toISOString() ?? null }))
}

/** Reads events across their tables, newest first. */
import type { PoolClient } from 'pg'
import type { EventType } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { boundOf, newestFirst, type EventCursor } from './domain/cursor.ts'
import { eventTables } from './domain/event-tables.ts'

type Client = Pick<PoolClient, 'query'>

export interface EventFilter {
  readonly projectId?: string | undefined
  readonly deviceId?: string | undefined
  readonly types: readonly EventType[]
  /** Inclusive. */
  readonly from?: string | undefined
  /** Exclusive. */
  readonly to?: string | undefined
  /** Beginning of a person's number or name, a card, a plate, a door or an alarm's code; case doesn't matter. */
  readonly q?: string | undefined
  readonly after: EventCursor | null
  readonly limit: number
}

export interface EventRow extends EventCursor {
  readonly projectId: string
  readonly gatewayId: string
  readonly deviceId: string
  readonly deviceKey: string
  readonly deviceName: string
  readonly eventId: string
  readonly receivedAt: Date
  readonly batchId: string
  /** By field of the event; null where it says nothing. */
  readonly fields: Readonly<Record<string, unknown>>
}

const BASE = `project_id as "projectId", gateway_id as "gatewayId", device_id as "deviceId", device_key as "deviceKey",
  device_name as "deviceName", event_id as "eventId", at, received_at as "receivedAt", batch_id::text as "batchId"`

/** At most `limit` of each table are read, each through the index that gives them in order. */
export async function listEvents(client: Client, user: Viewer, filter: EventFilter): Promise<EventRow[]> {
  const params: unknown[] = [filter.limit]
  const parts = filter.types.map((type) => selectOf(user, filter, type, params))
  const { rows } = await client.query<Omit<EventRow, 'atMs'> & { at: Date }>(
    parts.join(' union all '),
    params,
  )
  const events = rows.map(({ at, ...row }) => ({ ...row, atMs: at.getTime() }))
  return events.sort(newestFirst).slice(0, filter.limit)
}

/** The newest of one type; `$1` is how many. */
function selectOf(user: Viewer, filter: EventFilter, type: EventType, params: unknown[]): string {
  const { name, columns } = eventTables[type]
  const fields = Object.entries(columns).map(([field, column]) => `'${field}', ${column.name}`)
  return `(select '${type}' as type, id::text, ${BASE}, json_build_object(${fields.join(', ')}) as fields
    from ${name} where ${conditionsOf(user, filter, type, params).join(' and ')}
    order by at desc, ${name}.id desc limit $1)`
}

/** Only what is asked for, so that the planner sees which index serves. */
function conditionsOf(user: Viewer, filter: EventFilter, type: EventType, params: unknown[]): string[] {
  const { projectId, deviceId, from, to, q, after } = filter
  const conditions: string[] = []
  const add = (condition: (place: string) => string, value: unknown) => {
    params.push(value)
    conditions.push(condition(`$${params.length}`))
  }
  if (projectId !== undefined) add((p) => `project_id = ${p}::uuid`, projectId)
  if (deviceId !== undefined) add((p) => `device_id = ${p}::uuid`, deviceId)
  if (from !== undefined) add((p) => `at >= ${p}::timestamptz`, from)
  if (to !== undefined) add((p) => `at < ${p}::timestamptz`, to)
  if (after) {
    const { atMs, id } = boundOf(after, type)
    params.push(new Date(atMs).toISOString())
    add((p) => `(at, id) < ($${params.length - 1}::timestamptz, ${p}::bigint)`, id)
  }
  if (q) add((p) => beginsWith(eventTables[type].searched, p), likeBeginning(q))
  conditions.push(scopeSql(user, 'events.read', { project: 'project_id' }, params))
  return conditions
}

function beginsWith(columns: readonly string[], place: string): string {
  return `(${columns.map((column) => `lower(${column}) like ${place}`).join(' or ')})`
}

function likeBeginning(q: string): string {
  return `${q.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
}

export interface DayCount {
  readonly day: string
  readonly type: EventType
  readonly count: number
}

/** Per type and calendar day of each project's time zone; the last `days` days, today included. Days without events are left out. */
export async function countsByDay(
  client: Client,
  user: Viewer,
  projectId: string | undefined,
  days: number,
  now: Date,
): Promise<DayCount[]> {
  const params: unknown[] = [now.toISOString(), days, projectId ?? null]
  const { rows } = await client.query<DayCount>(
    `select (c.at at time zone p.time_zone)::date::text as day, c.type, sum(c.count)::int as count
     from project p join event_count c on c.project_id = p.id
       and c.at >= ((($1::timestamptz at time zone p.time_zone)::date - ($2::int - 1))::timestamp at time zone p.time_zone)
     where ($3::uuid is null or p.id = $3) and ${scopeSql(user, 'events.read', { project: 'p.id' }, params)}
     group by 1, 2 order by 1, 2`,
    params,
  )
  return rows
}

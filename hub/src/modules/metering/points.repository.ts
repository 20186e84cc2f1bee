/** Lists of metering points and what belongs to one. */
import {
  IntervalStatus,
  type MeteringPoint,
  type MeteringPointDetail,
  type VerificationFilter,
  type Permission,
} from '@courtyard/protocols/contract'
import { scopeSql, type ScopeColumns } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { decimalOf, formatDecimal, mantissaAt } from './domain/decimal.ts'
import type { Queryable } from './usage/plan.repository.ts'

/** A point lies in its building, or in that of its room; one with neither is the whole project's. */
export function pointScope(alias: string): ScopeColumns {
  return {
    project: `${alias}.project_id`,
    building: (ids) =>
      `(${alias}.building_id = any(${ids}) or exists (
        select from room where room.id = ${alias}.room_id and room.building_id = any(${ids})))`,
  }
}

export interface PointFilter {
  readonly projectId: string
  readonly medium?: string | undefined
  readonly role?: string | undefined
  /** Code or name. */
  readonly building?: string | undefined
  readonly status?: IntervalStatus | undefined
  readonly verification?: VerificationFilter | undefined
  readonly q?: string | undefined
}

export interface PointPage {
  /** Key of `pointOrder`. */
  readonly orderBy: string
  readonly descending: boolean
  readonly limit: number
  readonly offset: number
}

/** The project's clock. */
export interface LocalNow {
  readonly now: Date
  /** `2026-11-21` */
  readonly today: string
}

/** Without a read for this long, what follows is a gap and not just the next read's time to come. */
const STALE = `interval '1 hour'`

/** Joins without which a filter or a column cannot do; each adds at most one row. */
const PLACES = `left join room r on r.id = mp.room_id
  left join building b on b.id = coalesce(mp.building_id, r.building_id)`
const PEOPLE = `left join household_room hr on hr.room_id = mp.room_id and hr.to_at is null
  left join household h on h.id = hr.household_id`
const METERS = `left join installation i on i.metering_point_id = mp.id and i.to_at is null
  left join meter m on m.id = i.meter_id`
/** $1 now, $2 first day of the month, $3 today. */
const USAGE = `left join metering_point_state s on s.metering_point_id = mp.id
  left join usage_month um on um.metering_point_id = mp.id and um.month = $2
  left join usage_day ud on ud.metering_point_id = mp.id and ud.day = $3`
const STATUS = `case when um.status = 5 then 5 when s.last_read_at is null then null
  when s.last_read_at < $1::timestamptz - ${STALE} then 4 else coalesce(um.status, 4) end`

/** Days before the end from which on it is due: a meter has to be taken out, brought away and put back. */
const VERIFICATION: Readonly<Record<VerificationFilter, string>> = {
  overdue: 'm.verified_until < $3::date',
  due: `m.verified_until <= $3::date + 30`,
  unknown: 'm.id is not null and m.verified_until is null',
}

/** Sortable columns of the list by the name of the field, with the joins that they need. */
export const pointOrder: Readonly<Record<string, { sql: string; joins: readonly string[] }>> = {
  code: { sql: 'mp.code', joins: [] },
  name: { sql: 'mp.name', joins: [] },
  medium: { sql: 'mp.medium', joins: [] },
  role: { sql: 'mp.role', joins: [] },
  unit: { sql: 'mp.unit', joins: [] },
  building: { sql: 'b.name', joins: [PLACES] },
  room: { sql: 'r.code', joins: [PLACES] },
  household: { sql: 'h.name', joins: [PEOPLE] },
  meterSerial: { sql: 'm.serial', joins: [METERS] },
  verifiedUntil: { sql: 'm.verified_until', joins: [METERS] },
  lastRead: { sql: 's.last_read_at', joins: [USAGE] },
  usageToday: { sql: 'ud.usage', joins: [USAGE] },
  usageThisMonth: { sql: 'um.usage', joins: [USAGE] },
  status: { sql: STATUS, joins: [USAGE] },
}

interface PointRow {
  id: string
  projectId: string
  code: string
  name: string
  medium: MeteringPoint['medium']
  role: MeteringPoint['role']
  unit: string
  building: string | null
  room: string | null
  householdId: string | null
  accountNumber: string | null
  householdName: string | null
  meterSerial: string | null
  verifiedUntil: string | null
  lastReadAt: Date | null
  lastIndex: string | null
  lastScale: number | null
  today: string | null
  todayScale: number | null
  month: string | null
  monthScale: number | null
  status: number | null
}

const COLUMNS = `mp.id, mp.project_id as "projectId", mp.code, mp.name, mp.medium, mp.role, mp.unit,
  b.name as building, r.code as room, h.id as "householdId", h.account_number as "accountNumber",
  h.name as "householdName", m.serial as "meterSerial", m.verified_until::text as "verifiedUntil", s.last_read_at as "lastReadAt", s.last_index::text as "lastIndex",
  s.scale as "lastScale", ud.usage::text as today, ud.scale as "todayScale", um.usage::text as month,
  um.scale as "monthScale", ${STATUS} as status`
const JOINS = [PLACES, PEOPLE, METERS, USAGE].join('\n')

const SEARCHED = `lower(concat_ws(' ', mp.code, mp.name, m.serial, r.code, b.name, h.name, h.account_number))`

const clockParams = (clock: LocalNow): unknown[] => [clock.now, `${clock.today.slice(0, 7)}-01`, clock.today]

/**
 * A page and the number of all that match, in one statement: what matches is found and put in order with no
 * more joins than filter and order look at; only the page is joined with everything.
 */
export async function listPoints(
  client: Queryable,
  user: Viewer,
  filter: PointFilter,
  page: PointPage,
  clock: LocalNow,
): Promise<{ items: MeteringPoint[]; total: number }> {
  const params = clockParams(clock)
  const where = `${conditionsOf(filter, params)} and ${scopeSql(user, 'metering.read', pointScope('mp'), params)}`
  const order = pointOrder[page.orderBy]!
  const direction = page.descending ? 'desc' : 'asc'
  const sorted = (alias: string) =>
    `${alias}.key ${direction} nulls last, ${alias}.code ${direction}, ${alias}.id`
  const { rows } = await client.query<PointRow & { total: number; id: string | null }>(
    `with clock as (select $1::timestamptz, $2::date, $3::date),
       matching as materialized (select mp.id, mp.code, ${order.sql} as key
         from metering_point mp ${joinsOf(filter, order.joins)} where ${where}),
       page as (select * from matching order by ${sorted('matching')} limit ${page.limit} offset ${page.offset})
     select counted.total, ${COLUMNS}
     from (select count(*)::int as total from matching) counted
     left join page on true left join metering_point mp on mp.id = page.id ${JOINS}
     order by ${sorted('page')}`,
    params,
  )
  return { items: rows.filter((row) => row.id !== null).map(pointOf), total: rows[0]!.total }
}

function joinsOf(filter: PointFilter, forOrder: readonly string[]): string {
  const joins = new Set(forOrder)
  if (filter.q !== undefined || filter.building !== undefined) joins.add(PLACES)
  if (filter.q !== undefined) joins.add(PEOPLE).add(METERS)
  if (filter.verification !== undefined) joins.add(METERS)
  if (filter.status !== undefined) joins.add(USAGE)
  return [...joins].join(' ')
}

function conditionsOf(filter: PointFilter, params: unknown[]): string {
  const param = (value: unknown): string => `$${params.push(value)}`
  const conditions = [`mp.project_id = ${param(filter.projectId)}`]
  if (filter.medium !== undefined) conditions.push(`mp.medium = ${param(filter.medium)}`)
  if (filter.role !== undefined) conditions.push(`mp.role = ${param(filter.role)}`)
  if (filter.building !== undefined) {
    const wanted = param(filter.building)
    conditions.push(`(b.code = ${wanted} or b.name = ${wanted})`)
  }
  if (filter.status !== undefined) {
    conditions.push(`${STATUS} = ${param(IntervalStatus.options.indexOf(filter.status))}`)
  }
  if (filter.verification !== undefined) conditions.push(VERIFICATION[filter.verification])
  for (const word of filter.q?.split(/\s+/).filter(Boolean) ?? []) {
    const pattern = param(`%${word.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`)
    conditions.push(`${SEARCHED} like ${pattern}`)
  }
  return conditions.join(' and ')
}

/** Of a numeric with more places than it needs. */
export function atScale(text: string | null, scale: number | null): string | null {
  if (text === null || scale === null) return null
  return formatDecimal(mantissaAt(decimalOf(text), scale)!, scale)
}

/** Without the zeros at the end. */
export function plainDecimal(text: string): string {
  const { mantissa, scale } = decimalOf(text)
  return formatDecimal(mantissa, scale)
}

function pointOf(row: PointRow): MeteringPoint {
  return {
    id: row.id,
    projectId: row.projectId,
    code: row.code,
    name: row.name,
    medium: row.medium,
    role: row.role,
    unit: row.unit,
    building: row.building,
    room: row.room,
    household:
      row.householdId === null
        ? null
        : { id: row.householdId, accountNumber: row.accountNumber!, name: row.householdName! },
    meterSerial: row.meterSerial,
    verifiedUntil: row.verifiedUntil,
    lastRead:
      row.lastReadAt === null
        ? null
        : { at: row.lastReadAt.toISOString(), index: atScale(row.lastIndex, row.lastScale)! },
    usageToday: atScale(row.today, row.todayScale),
    usageThisMonth: atScale(row.month, row.monthScale),
    status: row.status === null ? null : IntervalStatus.options[row.status]!,
  }
}

/** Project and time zone of a metering point; null when there is none for which the person has the permission. */
export async function findPoint(
  client: Queryable,
  user: Viewer,
  id: string,
  permission: Permission,
): Promise<{ projectId: string; timeZone: string; unit: string } | null> {
  const params: unknown[] = [id]
  const { rows } = await client.query<{ projectId: string; timeZone: string; unit: string }>(
    `select mp.project_id as "projectId", p.time_zone as "timeZone", mp.unit
     from metering_point mp join project p on p.id = mp.project_id
     where mp.id = $1 and ${scopeSql(user, permission, pointScope('mp'), params)}`,
    params,
  )
  return rows[0] ?? null
}

/** Those of the points that the person may read. */
export async function readablePoints(
  client: Queryable,
  user: Viewer,
  ids: readonly string[],
): Promise<string[]> {
  const params: unknown[] = [ids]
  const { rows } = await client.query<{ id: string }>(
    `select mp.id from metering_point mp
     where mp.id = any($1::uuid[]) and ${scopeSql(user, 'metering.read', pointScope('mp'), params)}`,
    params,
  )
  return rows.map(({ id }) => id)
}

interface DetailRow extends PointRow {
  parent: MeteringPointDetail['parent']
  children: MeteringPointDetail['children']
}

/** Of its neighbours in the tree those that the person may see. */
export async function pointDetail(
  client: Queryable,
  { user, permission }: { user: Viewer; permission: Permission },
  id: string,
  clock: LocalNow,
): Promise<MeteringPointDetail | null> {
  const params: unknown[] = [...clockParams(clock), id]
  const visible = (alias: string) => scopeSql(user, permission, pointScope(alias), params)
  const { rows } = await client.query<DetailRow>(
    `select ${COLUMNS},
       (select json_build_object('id', p.id, 'code', p.code, 'name', p.name) from metering_point p
        where p.id = mp.parent_id and ${visible('p')}) as parent,
       (select coalesce(json_agg(json_build_object('id', c.id, 'code', c.code, 'name', c.name) order by c.code), '[]')
        from metering_point c where c.parent_id = mp.id and ${visible('c')}) as children
     from metering_point mp ${JOINS} where mp.id = $4`,
    params,
  )
  const row = rows[0]
  if (!row) return null
  return {
    ...pointOf(row),
    parent: row.parent,
    children: row.children,
    installations: await installationsOf(client, id),
    held: await heldOf(client, id),
  }
}

async function installationsOf(client: Queryable, id: string): Promise<MeteringPointDetail['installations']> {
  const { rows } = await client.query<{
    id: string
    meterId: string
    serial: string
    manufacturer: string
    model: string
    multiplier: string
    unit: string
    digits: number | null
    verifiedUntil: string | null
    from: Date
    to: Date | null
    initialIndex: string | null
    finalIndex: string | null
    deviceId: string | null
  }>(
    `select i.id, i.meter_id as "meterId", m.serial, m.manufacturer, m.model, m.multiplier::text, m.unit, m.digits,
       m.verified_until::text as "verifiedUntil", i.from_at as "from", i.to_at as "to", i.initial_index::text as "initialIndex", i.final_index::text as "finalIndex",
       (select device_id from point where point.id = m.point_id) as "deviceId"
     from installation i join meter m on m.id = i.meter_id where i.metering_point_id = $1 order by i.from_at desc`,
    [id],
  )
  return rows.map((row) => ({
    ...row,
    multiplier: plainDecimal(row.multiplier),
    from: row.from.toISOString(),
    to: row.to?.toISOString() ?? null,
    initialIndex: row.initialIndex === null ? null : plainDecimal(row.initialIndex),
    finalIndex: row.finalIndex === null ? null : plainDecimal(row.finalIndex),
  }))
}

async function heldOf(client: Queryable, id: string): Promise<MeteringPointDetail['held']> {
  const { rows } = await client.query<{
    from: Date
    to: Date
    fromIndex: string
    toIndex: string
    reason: string
  }>(
    `select from_at as "from", to_at as "to", from_index::text as "fromIndex", to_index::text as "toIndex", reason
     from held_interval where metering_point_id = $1 order by from_at desc limit 200`,
    [id],
  )
  return rows.map((row) => ({
    from: row.from.toISOString(),
    to: row.to.toISOString(),
    fromIndex: plainDecimal(row.fromIndex),
    toIndex: plainDecimal(row.toIndex),
    reason: row.reason,
  }))
}

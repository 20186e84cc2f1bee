/** Usage rows as they are stored. */
import type { PoolClient } from 'pg'
import type { BoundaryIndex } from '@courtyard/protocols/contract'
import { formatDecimal, decimalOf, rescale } from '../domain/decimal.ts'
import { dayTotals, type UsageDayRow, type UsageMonthRow } from '../domain/usage-rows.ts'
import type { Queryable } from './plan.repository.ts'

interface DayDbRow {
  metering_point_id: string
  day: string
  slot_usage: string
  slot_status: string
  slot_index: string
  estimated_bits: string
  scale: number
  index_scale: number
}

const DAY_COLUMNS = `u.metering_point_id, u.day::text, u.slot_usage::text, u.slot_status::text, u.slot_index::text,
  u.estimated_bits::text, u.scale, u.index_scale`

export interface DaySpan {
  readonly meteringPointId: string
  /** Both included. */
  readonly firstDay: string
  readonly lastDay: string
}

/** Stored days of many metering points, each within its own span: by metering point, then by day. */
export async function loadDays(
  client: Queryable,
  spans: readonly DaySpan[],
): Promise<Map<string, Map<string, UsageDayRow>>> {
  const { rows } = await client.query<DayDbRow>(
    `select ${DAY_COLUMNS}
     from unnest($1::uuid[], $2::date[], $3::date[]) as t(id, first_day, last_day)
     join usage_day u on u.metering_point_id = t.id and u.day between t.first_day and t.last_day
     order by u.metering_point_id, u.day`,
    [spans.map((s) => s.meteringPointId), spans.map((s) => s.firstDay), spans.map((s) => s.lastDay)],
  )
  const result = new Map<string, Map<string, UsageDayRow>>()
  for (const row of rows) {
    let days = result.get(row.metering_point_id)
    if (!days) result.set(row.metering_point_id, (days = new Map()))
    days.set(row.day, dayRowOf(row))
  }
  return result
}

function dayRowOf(row: DayDbRow): UsageDayRow {
  return {
    day: row.day,
    slotUsage: bigintArray(row.slot_usage),
    slotStatus: row.slot_status.slice(1, -1).split(',').map(Number),
    slotIndex: bigintArray(row.slot_index),
    estimatedBits: BigInt(row.estimated_bits),
    scale: row.scale,
    indexScale: row.index_scale,
  }
}

/** `{1,NULL,3}` as PostgreSQL writes it. */
export function bigintArray(text: string): (bigint | null)[] {
  if (text === '{}') return []
  return text
    .slice(1, -1)
    .split(',')
    .map((value) => (value === 'NULL' ? null : BigInt(value)))
}

const arrayText = (values: readonly (bigint | number | null)[]): string =>
  `{${values.map((value) => (value === null ? 'NULL' : String(value))).join(',')}}`

export interface StoredDay {
  readonly meteringPointId: string
  readonly projectId: string
  readonly row: UsageDayRow
}

const SAVE_DAYS = `insert into usage_day (metering_point_id, project_id, day, slot_usage, slot_status, slot_index,
    estimated_bits, scale, index_scale, usage, status, known_slots, computed_at)
  select id, project_id, day, slot_usage::bigint[], slot_status::smallint[], slot_index::bigint[], estimated_bits,
    scale, index_scale, usage, status, known_slots, $13
  from unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::smallint[],
    $9::smallint[], $10::numeric[], $11::smallint[], $12::smallint[])
    as t(id, project_id, day, slot_usage, slot_status, slot_index, estimated_bits, scale, index_scale, usage, status,
      known_slots)
  on conflict (metering_point_id, day) do update set slot_usage = excluded.slot_usage,
    slot_status = excluded.slot_status, slot_index = excluded.slot_index, estimated_bits = excluded.estimated_bits,
    scale = excluded.scale, index_scale = excluded.index_scale, usage = excluded.usage, status = excluded.status,
    known_slots = excluded.known_slots, computed_at = excluded.computed_at`

export async function saveDays(client: PoolClient, days: readonly StoredDay[], now: Date): Promise<void> {
  if (days.length === 0) return
  const totals = days.map(({ row }) => dayTotals(row))
  await client.query(SAVE_DAYS, [
    days.map((day) => day.meteringPointId),
    days.map((day) => day.projectId),
    days.map(({ row }) => row.day),
    days.map(({ row }) => arrayText(row.slotUsage)),
    days.map(({ row }) => arrayText(row.slotStatus)),
    days.map(({ row }) => arrayText(row.slotIndex)),
    days.map(({ row }) => row.estimatedBits.toString()),
    days.map(({ row }) => row.scale),
    days.map(({ row }) => row.indexScale),
    days.map(({ row }, i) => formatDecimal(totals[i]!.usage, row.scale)),
    totals.map((total) => total.status),
    totals.map((total) => total.knownSlots),
    now,
  ])
}

export async function deleteDays(
  client: PoolClient,
  days: readonly { meteringPointId: string; day: string }[],
): Promise<void> {
  if (days.length === 0) return
  await client.query(
    `delete from usage_day u using unnest($1::uuid[], $2::date[]) as t(id, day)
     where u.metering_point_id = t.id and u.day = t.day`,
    [days.map((day) => day.meteringPointId), days.map((day) => day.day)],
  )
}

export interface MonthKey {
  readonly meteringPointId: string
  /** `2026-11` */
  readonly month: string
}
export const monthKeyText = (key: MonthKey): string => `${key.meteringPointId} ${key.month}`

interface MonthDbRow {
  metering_point_id: string
  month: string
  usage: string
  slot_usage: string
  scale: number
  status: number
  known_slots: number
  total_slots: number
  estimated_slots: number
  from_boundary: BoundaryIndex | null
  to_boundary: BoundaryIndex | null
}

/** Stored months, and the worst status of each one's days (null when it has none), by `monthKeyText`. */
export async function loadMonths(
  client: Queryable,
  keys: readonly MonthKey[],
): Promise<Map<string, { row: UsageMonthRow | undefined; worst: number | null }>> {
  const { rows } = await client.query<
    MonthDbRow & { wanted_id: string; wanted: string; worst: number | null }
  >(
    `select t.id as wanted_id, to_char(t.month, 'YYYY-MM') as wanted, u.metering_point_id,
       u.usage::text, u.slot_usage::text, u.scale, u.status, u.known_slots, u.total_slots, u.estimated_slots,
       u.from_boundary, u.to_boundary,
       (select coalesce(max(d.status) filter (where d.status <> 4), max(d.status)) from usage_day d
        where d.metering_point_id = t.id and d.day >= t.month and d.day < t.month + interval '1 month') as worst
     from unnest($1::uuid[], $2::date[]) as t(id, month)
     left join usage_month u on u.metering_point_id = t.id and u.month = t.month`,
    [keys.map((key) => key.meteringPointId), keys.map((key) => `${key.month}-01`)],
  )
  return new Map(
    rows.map((row) => [
      monthKeyText({ meteringPointId: row.wanted_id, month: row.wanted }),
      {
        row: row.metering_point_id === null ? undefined : monthRowOf({ ...row, month: row.wanted }),
        worst: row.worst,
      },
    ]),
  )
}

function monthRowOf(row: MonthDbRow): UsageMonthRow {
  const usage = decimalOf(row.usage)
  return {
    month: row.month,
    usage: rescale(usage.mantissa, usage.scale, row.scale),
    slotUsage: bigintArray(row.slot_usage).map((value) => value ?? 0n),
    scale: row.scale,
    status: row.status,
    knownSlots: row.known_slots,
    totalSlots: row.total_slots,
    estimatedSlots: row.estimated_slots,
    from: row.from_boundary,
    to: row.to_boundary,
  }
}

export interface StoredMonth {
  readonly meteringPointId: string
  readonly projectId: string
  readonly row: UsageMonthRow
}

const MONTH_CONTENT = ['usage', 'slot_usage', 'scale', 'status', 'known_slots', 'total_slots', 'estimated_slots',
  'from_boundary', 'to_boundary'] // prettier-ignore
const contentOf = (table: string): string => MONTH_CONTENT.map((column) => `${table}.${column}`).join(', ')

const SAVE_MONTHS = `insert into usage_month as u (metering_point_id, project_id, month, ${MONTH_CONTENT.join(', ')}, computed_at)
  select id, project_id, month, usage, slot_usage::bigint[], scale, status, known_slots, total_slots, estimated_slots,
    from_boundary, to_boundary, $13
  from unnest($1::uuid[], $2::uuid[], $3::date[], $4::numeric[], $5::text[], $6::smallint[], $7::smallint[],
    $8::smallint[], $9::smallint[], $10::smallint[], $11::jsonb[], $12::jsonb[])
    as t(id, project_id, month, ${MONTH_CONTENT.join(', ')})
  on conflict (metering_point_id, month) do update set (${MONTH_CONTENT.join(', ')}, computed_at)
    = (${contentOf('excluded')}, excluded.computed_at)
  where (${contentOf('u')}) is distinct from (${contentOf('excluded')})`

/** A row whose content stays the same keeps its computed_at: that is what makes a bill preview stale. */
export async function saveMonths(
  client: PoolClient,
  months: readonly StoredMonth[],
  now: Date,
): Promise<void> {
  if (months.length === 0) return
  await client.query(SAVE_MONTHS, [
    months.map((month) => month.meteringPointId),
    months.map((month) => month.projectId),
    months.map(({ row }) => `${row.month}-01`),
    months.map(({ row }) => formatDecimal(row.usage, row.scale)),
    months.map(({ row }) => arrayText(row.slotUsage)),
    months.map(({ row }) => row.scale),
    months.map(({ row }) => row.status),
    months.map(({ row }) => row.knownSlots),
    months.map(({ row }) => row.totalSlots),
    months.map(({ row }) => row.estimatedSlots),
    months.map(({ row }) => row.from && JSON.stringify(row.from)),
    months.map(({ row }) => row.to && JSON.stringify(row.to)),
    now,
  ])
}

export async function deleteMonths(client: PoolClient, keys: readonly MonthKey[]): Promise<void> {
  if (keys.length === 0) return
  await client.query(
    `delete from usage_month u using unnest($1::uuid[], $2::date[]) as t(id, month)
     where u.metering_point_id = t.id and u.month = t.month`,
    [keys.map((key) => key.meteringPointId), keys.map((key) => `${key.month}-01`)],
  )
}

export interface HeldRow {
  readonly meteringPointId: string
  readonly projectId: string
  readonly fromMs: number
  readonly toMs: number
  readonly fromIndex: string
  readonly toIndex: string
  readonly reason: string
}

/** Puts what is held now in the place of what was held in the spans. */
export async function replaceHeld(
  client: PoolClient,
  spans: readonly { meteringPointId: string; fromMs: number; toMs: number }[],
  held: readonly HeldRow[],
): Promise<void> {
  const instants = (values: readonly number[]) => values.map((ms) => new Date(ms))
  await client.query(
    `delete from held_interval h using unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as t(id, from_at, to_at)
     where h.metering_point_id = t.id and h.from_at < t.to_at and h.to_at > t.from_at`,
    [
      spans.map((s) => s.meteringPointId),
      instants(spans.map((s) => s.fromMs)),
      instants(spans.map((s) => s.toMs)),
    ],
  )
  if (held.length === 0) return
  await client.query(
    `insert into held_interval (metering_point_id, project_id, from_at, to_at, from_index, to_index, reason)
     select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::numeric[], $6::numeric[], $7::text[])`,
    [
      held.map((row) => row.meteringPointId),
      held.map((row) => row.projectId),
      instants(held.map((row) => row.fromMs)),
      instants(held.map((row) => row.toMs)),
      held.map((row) => row.fromIndex),
      held.map((row) => row.toIndex),
      held.map((row) => row.reason),
    ],
  )
}

export interface StateRow {
  readonly meteringPointId: string
  readonly projectId: string
  readonly lastReadMs: number
  readonly lastIndex: bigint
  readonly scale: number
}

export async function saveStates(client: PoolClient, states: readonly StateRow[]): Promise<void> {
  if (states.length === 0) return
  await client.query(
    `insert into metering_point_state as s (metering_point_id, project_id, last_read_at, last_index, scale)
     select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::numeric[], $5::smallint[])
     on conflict (metering_point_id) do update set last_read_at = excluded.last_read_at,
       last_index = excluded.last_index, scale = excluded.scale`,
    [
      states.map((state) => state.meteringPointId),
      states.map((state) => state.projectId),
      states.map((state) => new Date(state.lastReadMs)),
      states.map((state) => formatDecimal(state.lastIndex, state.scale)),
      states.map((state) => state.scale),
    ],
  )
}

export async function deleteStates(client: PoolClient, meteringPointIds: readonly string[]): Promise<void> {
  if (meteringPointIds.length === 0) return
  await client.query('delete from metering_point_state where metering_point_id = any($1::uuid[])', [
    meteringPointIds,
  ])
}

/**
 * Last day after the span that holds an estimate whose shape may come from days of the span (one to three weeks
 * before it); for those metering points that have one.
 */
export async function lastDependentDay(
  client: Queryable,
  spans: readonly DaySpan[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ metering_point_id: string; day: string }>(
    `select u.metering_point_id, max(u.day)::text as day
     from unnest($1::uuid[], $2::date[], $3::date[]) as t(id, first_day, last_day)
     join usage_day u on u.metering_point_id = t.id
       and u.day >= greatest(t.first_day + 7, t.last_day) and u.day <= t.last_day + 21 and u.estimated_bits <> 0
     group by 1`,
    [spans.map((s) => s.meteringPointId), spans.map((s) => s.firstDay), spans.map((s) => s.lastDay)],
  )
  return new Map(rows.map((row) => [row.metering_point_id, row.day]))
}

export async function loadLastRead(client: Queryable, meteringPointId: string): Promise<Date | null> {
  const { rows } = await client.query<{ at: Date }>(
    'select last_read_at as at from metering_point_state where metering_point_id = $1',
    [meteringPointId],
  )
  return rows[0]?.at ?? null
}

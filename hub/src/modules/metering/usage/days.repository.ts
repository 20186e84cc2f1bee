/** Stored days of usage. */
import type { PoolClient } from 'pg'
import { formatDecimal } from '../domain/decimal.ts'
import { dayTotals, type UsageDayRow } from '../domain/usage-rows.ts'
import { arrayText, bigintArray } from './sql-arrays.ts'
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
    if (!days) result.set(row.metering_point_id, (days = new Map<string, UsageDayRow>()))
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

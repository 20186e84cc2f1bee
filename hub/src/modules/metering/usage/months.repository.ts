/** Stored months of usage. */
import type { PoolClient } from 'pg'
import type { BoundaryIndex } from '@courtyard/protocols/contract'
import { decimalOf, formatDecimal, rescale } from '../domain/decimal.ts'
import type { UsageMonthRow } from '../domain/usage-rows.ts'
import { arrayText, bigintArray } from './sql-arrays.ts'
import type { Queryable } from './plan.repository.ts'

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

/** Marks of what waits to be recomputed: one row per metering point that grows to cover all that was touched. */
import type { PoolClient } from 'pg'
import type { TouchedPoint } from '../../telemetry/index.ts'

export interface DirtyRange {
  readonly meteringPointId: string
  /** First and last instant of what was touched, both included. */
  readonly fromMs: number
  readonly toMs: number
}

const GROW = `on conflict (metering_point_id) do update set
  from_at = least(usage_dirty.from_at, excluded.from_at), to_at = greatest(usage_dirty.to_at, excluded.to_at),
  last_marked_at = clock_timestamp()`

/** In the order of the ids, so that two who mark never wait for each other. */
const MARK_TOUCHED = `insert into usage_dirty (metering_point_id, from_at, to_at)
  select i.metering_point_id, min(greatest(t.first_at, i.from_at)), max(least(t.last_at, coalesce(i.to_at, t.last_at)))
  from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) as t(point_id, first_at, last_at)
  join meter_feed f on f.point_id = t.point_id
  join installation i on i.meter_id = f.meter_id
    and i.from_at <= t.last_at and (i.to_at is null or i.to_at > t.first_at)
  group by i.metering_point_id
  order by i.metering_point_id
  ${GROW}`

export async function markTouchedPoints(client: PoolClient, touched: readonly TouchedPoint[]): Promise<void> {
  if (touched.length === 0) return
  await client.query(MARK_TOUCHED, [
    touched.map((point) => point.pointId),
    touched.map((point) => new Date(point.firstMs)),
    touched.map((point) => new Date(point.lastMs)),
  ])
}

export async function markRanges(client: PoolClient, ranges: readonly DirtyRange[]): Promise<void> {
  if (ranges.length === 0) return
  await client.query(
    `insert into usage_dirty (metering_point_id, from_at, to_at)
     select id, min(from_at), max(to_at)
     from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as t(id, from_at, to_at)
     group by id order by id ${GROW}`,
    [
      ranges.map((range) => range.meteringPointId),
      ranges.map((range) => new Date(range.fromMs)),
      ranges.map((range) => new Date(range.toMs)),
    ],
  )
}

interface DirtyRow {
  metering_point_id: string
  from_ms: string
  to_ms: string
}
const RETURNING = `returning metering_point_id, (extract(epoch from from_at) * 1000)::bigint::text as from_ms,
  (extract(epoch from to_at) * 1000)::bigint::text as to_ms`

const READY = `select metering_point_id from usage_dirty
  where last_marked_at <= clock_timestamp() - $2 * interval '1 millisecond'
     or marked_at <= clock_timestamp() - $3 * interval '1 millisecond'
  order by marked_at, metering_point_id limit $1`

/**
 * Takes marks that nothing was added to for `quietMs`, or that have waited for `patienceMs`. They are gone when
 * the transaction commits and back when it doesn't; marks that another worker has taken are passed over.
 */
export async function takeDirty(
  client: PoolClient,
  limit: number,
  quietMs: number,
  patienceMs: number,
): Promise<DirtyRange[]> {
  const { rows } = await client.query<DirtyRow>(
    `delete from usage_dirty where metering_point_id in (
       ${READY} for update skip locked) ${RETURNING}`,
    [limit, quietMs, patienceMs],
  )
  return rows.map(rangeOf)
}

/** The metering points that takeDirty would take, left where they are. */
export async function readyPoints(
  client: Pick<PoolClient, 'query'>,
  limit: number,
  quietMs: number,
  patienceMs: number,
): Promise<string[]> {
  const { rows } = await client.query<DirtyRow>(READY, [limit, quietMs, patienceMs])
  return rows.map((row) => row.metering_point_id)
}

/** Leaves a mark alone for a while. */
export async function postpone(
  client: Pick<PoolClient, 'query'>,
  meteringPointId: string,
  ms: number,
): Promise<void> {
  await client.query(
    `update usage_dirty set marked_at = clock_timestamp() + $2 * interval '1 millisecond',
       last_marked_at = clock_timestamp() + $2 * interval '1 millisecond' where metering_point_id = $1`,
    [meteringPointId, ms],
  )
}

/** Takes the marks of these metering points, waiting for a worker that is at them. */
export async function takeDirtyOf(
  client: PoolClient,
  meteringPointIds: readonly string[],
): Promise<DirtyRange[]> {
  const { rows } = await client.query<DirtyRow>(
    `with mine as (select metering_point_id from usage_dirty where metering_point_id = any($1::uuid[])
       order by metering_point_id for update)
     delete from usage_dirty d using mine where d.metering_point_id = mine.metering_point_id
     ${RETURNING.replaceAll('metering_point_id,', 'd.metering_point_id,')}`,
    [meteringPointIds],
  )
  return rows.map(rangeOf)
}

const rangeOf = (row: DirtyRow): DirtyRange => ({
  meteringPointId: row.metering_point_id,
  fromMs: Number(row.from_ms),
  toMs: Number(row.to_ms),
})

/** Marks that wait, and since when the oldest has. */
export async function dirtyBacklog(
  client: Pick<PoolClient, 'query'>,
): Promise<{ points: number; oldest: Date | null }> {
  const { rows } = await client.query<{ points: number; oldest: Date | null }>(
    'select count(*)::int as points, min(marked_at) as oldest from usage_dirty',
  )
  return rows[0]!
}

/** Which register points feed which meters: a device that says a meter's serial number carries its index. */
import type { PoolClient } from 'pg'
import { holdHorizons } from '../telemetry/index.ts'
import { MAX_USAGE_SCALE } from './domain/plan.ts'
import { markRanges, type DirtyRange } from './usage/dirty.repository.ts'

/** Beyond every read. */
const END_OF_TIME = Date.UTC(2200, 0, 1)

/**
 * The register of a device that is billed: imported energy, volume, else the only register there is. A register
 * too fine for the database's nine decimal places is left alone.
 */
const CANDIDATES = `select distinct on (m.id, d.id) m.id as meter_id, p.id as point_id
  from meter m
  join device d on d.project_id = m.project_id and d.serial = m.serial and d.medium = m.medium and d.removed_at is null
  join point p on p.device_id = d.id and p.kind = 'register' and p.unit = m.unit and p.removed_at is null
  where p.scale + scale(trim_scale(m.multiplier)) <= ${MAX_USAGE_SCALE}
    and (split_part(p.key, '/', 2) = case m.medium when 'electricity' then 'energyImport' else 'volume' end
      or not exists (select from point other where other.device_id = d.id and other.kind = 'register'
        and other.removed_at is null and other.id <> p.id))
    and CONDITION
  order by m.id, d.id, p.position, p.id`

export interface Binding {
  readonly meterId: string
  readonly pointId: number
}

/** After a gateway said what it reads. @returns what is bound now and wasn't before */
export function bindGateway(client: PoolClient, gatewayId: string): Promise<Binding[]> {
  return bind(client, 'd.gateway_id = $1', gatewayId)
}

/** After meters were made. */
export function bindMeters(client: PoolClient, meterIds: readonly string[]): Promise<Binding[]> {
  return bind(client, 'm.id = any($1::uuid[])', meterIds)
}

async function bind(client: PoolClient, condition: string, param: unknown): Promise<Binding[]> {
  const { rows } = await client.query<{ meterId: string; pointId: number; isNew: boolean }>(
    `with candidate as (${CANDIDATES.replace('CONDITION', condition)}),
       known as (select c.*, f.meter_id is null as is_new
         from candidate c left join meter_feed f on f.meter_id = c.meter_id and f.point_id = c.point_id),
       stored as (insert into meter_feed (meter_id, point_id, origin)
         select meter_id, point_id, 'serial' from known order by 1, 2
         on conflict (meter_id, point_id) do update set origin = 'serial' where meter_feed.origin <> 'serial')
     select meter_id as "meterId", point_id as "pointId", is_new as "isNew" from known order by 1, 2`,
    [param],
  )
  if (rows.length === 0) return []
  await setCurrentFeeds(client, rows)
  const dropped = await dropInheritedFeeds(client, rows)
  const added = rows.filter((row) => row.isNew)
  if (dropped.length > 0) await invalidate(client, await pointsOfMeters(client, dropped))
  await markMeters(
    client,
    added.map((row) => row.meterId),
  )
  return added
}

/** The feed of today: one point per meter and one meter per point. */
async function setCurrentFeeds(client: PoolClient, bindings: readonly Binding[]): Promise<void> {
  const feeds = [...new Map(bindings.map((one) => [one.meterId, one.pointId]))]
  const params = [feeds.map(([meterId]) => meterId), feeds.map(([, pointId]) => pointId)]
  const wanted = 'unnest($1::uuid[], $2::int[]) as t(meter_id, point_id)'
  await client.query(
    `update meter m set point_id = null from ${wanted} where m.point_id = t.point_id and m.id <> t.meter_id`,
    params,
  )
  await client.query(
    `update meter m set point_id = t.point_id from ${wanted}
     where m.id = t.meter_id and m.point_id is distinct from t.point_id`,
    params,
  )
}

/** A feed that was taken over from the meter before ends when a device says whose it really is. */
async function dropInheritedFeeds(client: PoolClient, bindings: readonly Binding[]): Promise<string[]> {
  const { rows } = await client.query<{ meter_id: string }>(
    `delete from meter_feed f using unnest($1::uuid[], $2::int[]) as t(meter_id, point_id)
     where f.origin = 'replacement' and ((f.meter_id = t.meter_id and f.point_id <> t.point_id)
       or (f.meter_id <> t.meter_id and f.point_id = t.point_id))
     returning f.meter_id`,
    [bindings.map((one) => one.meterId), bindings.map((one) => one.pointId)],
  )
  return [...new Set(rows.map((row) => row.meter_id))]
}

/** A new meter goes on with the channel of the old one until a device says its serial. */
export async function inheritFeed(client: PoolClient, oldMeterId: string, newMeterId: string): Promise<void> {
  const { rows } = await client.query<{ point_id: number }>(
    `with old as (update meter set point_id = null where id = $1 returning (
         select point_id from meter where id = $1) as point_id)
     insert into meter_feed (meter_id, point_id, origin)
     select $2, point_id, 'replacement' from old where point_id is not null
     on conflict do nothing returning point_id`,
    [oldMeterId, newMeterId],
  )
  if (rows[0])
    await client.query('update meter set point_id = $2 where id = $1', [newMeterId, rows[0].point_id])
}

export async function pointsOfMeters(client: PoolClient, meterIds: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    'select distinct metering_point_id as id from installation where meter_id = any($1::uuid[])',
    [meterIds],
  )
  return rows.map((row) => row.id)
}

/** Marks all the time in which the meters were installed. */
export async function markMeters(client: PoolClient, meterIds: readonly string[]): Promise<void> {
  if (meterIds.length === 0) return
  const { rows } = await client.query<{ id: string; from_ms: string; to_ms: string | null }>(
    `select metering_point_id as id, (extract(epoch from from_at) * 1000)::bigint::text as from_ms,
       (extract(epoch from to_at) * 1000)::bigint::text as to_ms
     from installation where meter_id = any($1::uuid[])`,
    [meterIds],
  )
  const ranges: DirtyRange[] = rows.map((row) => ({
    meteringPointId: row.id,
    fromMs: Number(row.from_ms),
    toMs: row.to_ms === null ? END_OF_TIME : Number(row.to_ms),
  }))
  await markRanges(client, ranges)
}

/**
 * Throws the usage of metering points away and marks all of it: after something changed that lies under every row,
 * such as a meter's resolution. The marks come first, so that no worker is at the rows meanwhile. What lies before the
 * project's horizon stays: it could not be computed again.
 */
export async function invalidate(
  client: PoolClient,
  meteringPointIds: readonly string[],
): Promise<DirtyRange[]> {
  if (meteringPointIds.length === 0) return []
  await holdHorizons(client)
  const { rows } = await client.query<{ id: string; from_ms: string }>(
    `select metering_point_id as id, (extract(epoch from min(from_at)) * 1000)::bigint::text as from_ms
     from installation where metering_point_id = any($1::uuid[]) group by 1`,
    [meteringPointIds],
  )
  const ranges = rows.map((row) => ({
    meteringPointId: row.id,
    fromMs: Number(row.from_ms),
    toMs: END_OF_TIME,
  }))
  await markRanges(client, ranges)
  const derived = [
    ['usage_day', 't.day >= h.first_day'],
    ['usage_month', 't.month >= h.first_day'],
    ['held_interval', 't.to_at > h.readings_from'],
    ['metering_point_state', 'true'],
  ] as const
  for (const [table, recent] of derived) {
    await client.query(
      `delete from ${table} t where t.metering_point_id = any($1::uuid[]) and not exists (
         select from telemetry_horizon h
         where h.project_id = t.project_id and h.readings_from is not null and not (${recent}))`,
      [meteringPointIds],
    )
  }
  return ranges
}

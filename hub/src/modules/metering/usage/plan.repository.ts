/** Metering points with their installations, meters and feeds. */
import type { PoolClient } from 'pg'
import { planOf, type Feed, type PointPlan } from '../domain/plan.ts'

export type Queryable = Pick<PoolClient, 'query'>

/** A metering point, one of its installations, and one feed of the meter; null where there is none. */
interface PlanRow {
  id: string
  code: string
  project_id: string
  time_zone: string
  installation_id: string | null
  meter_id: string
  serial: string
  from_ms: string
  to_ms: string | null
  initial_index: string | null
  final_index: string | null
  scale: number
  digits: number | null
  multiplier: string
  max_per_hour: string
  jitter: string
  feed_point_id: number | null
  feed_scale: number
  feed_digits: number | null
}

/**
 * A feed in another unit than the meter's is not its index. Flat, since building JSON for each of a city's
 * metering points took longer than finding them.
 */
const PLANS = `select mp.id, mp.code, mp.project_id, p.time_zone, i.id as installation_id, i.meter_id, m.serial,
    (extract(epoch from i.from_at) * 1000)::bigint::text as from_ms,
    (extract(epoch from i.to_at) * 1000)::bigint::text as to_ms,
    i.initial_index::text, i.final_index::text, m.scale, m.digits, m.multiplier::text, m.max_per_hour::text,
    m.jitter::text, pt.id as feed_point_id, pt.scale as feed_scale, pt.digits as feed_digits
  from metering_point mp join project p on p.id = mp.project_id
  left join (installation i join meter m on m.id = i.meter_id) on i.metering_point_id = mp.id
  left join (meter_feed f join point pt on pt.id = f.point_id) on f.meter_id = m.id
    and pt.unit = m.unit
  where mp.id = any($1::uuid[])
  order by mp.id, i.from_at, i.id, f.point_id`

/** Plans of the metering points that exist, by id; in one statement. */
export async function loadPlans(
  client: Queryable,
  meteringPointIds: readonly string[],
): Promise<Map<string, PointPlan>> {
  const { rows } = await client.query<PlanRow>(PLANS, [meteringPointIds])
  const result = new Map<string, PointPlan>()
  for (const [id, own] of Map.groupBy(rows, (row) => row.id)) result.set(id, planOfRows(own))
  return result
}

function planOfRows(rows: readonly PlanRow[]): PointPlan {
  const [first] = rows
  const installed = rows.filter((row) => row.installation_id !== null)
  const byInstallation = Map.groupBy(installed, (row) => row.installation_id!)
  return planOf({
    meteringPointId: first!.id,
    code: first!.code,
    projectId: first!.project_id,
    timeZone: first!.time_zone,
    installations: [...byInstallation].map(([installationId, own]) => ({
      ...installationOf(own[0]!),
      installationId,
      feeds: own.flatMap(feedOf),
    })),
  })
}

function installationOf(row: PlanRow) {
  return {
    meterId: row.meter_id,
    serial: row.serial,
    fromMs: Number(row.from_ms),
    toMs: row.to_ms === null ? null : Number(row.to_ms),
    initialIndex: row.initial_index,
    finalIndex: row.final_index,
    scale: row.scale,
    digits: row.digits,
    multiplier: row.multiplier,
    maxPerHour: row.max_per_hour,
    jitter: row.jitter,
  }
}

function feedOf(row: PlanRow): Feed[] {
  if (row.feed_point_id === null) return []
  return [{ pointId: row.feed_point_id, scale: row.feed_scale, digits: row.feed_digits }]
}

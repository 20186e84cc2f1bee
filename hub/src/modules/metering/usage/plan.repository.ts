/** Metering points with their installations, meters and feeds. */
import type { PoolClient } from 'pg'
import { planOf, type Feed, type PointPlan } from '../domain/plan.ts'

export type Queryable = Pick<PoolClient, 'query'>

interface PlanRow {
  id: string
  code: string
  project_id: string
  time_zone: string
  installations: InstallationJson[] | null
}
interface InstallationJson {
  id: string
  meter_id: string
  serial: string
  from_ms: number
  to_ms: number | null
  initial_index: string | null
  final_index: string | null
  scale: number
  digits: number | null
  multiplier: string
  max_per_hour: string
  jitter: string
  feeds: { point_id: number; scale: number; digits: number | null }[] | null
}

const PLANS = `select mp.id, mp.code, mp.project_id, p.time_zone,
    (select json_agg(json_build_object('id', i.id, 'meter_id', i.meter_id, 'serial', m.serial,
        'from_ms', (extract(epoch from i.from_at) * 1000)::bigint,
        'to_ms', (extract(epoch from i.to_at) * 1000)::bigint,
        'initial_index', i.initial_index::text, 'final_index', i.final_index::text,
        'scale', m.scale, 'digits', m.digits, 'multiplier', m.multiplier::text,
        'max_per_hour', m.max_per_hour::text, 'jitter', m.jitter::text,
        'feeds', (select json_agg(json_build_object('point_id', f.point_id, 'scale', pt.scale, 'digits', pt.digits)
                    order by f.point_id)
                  from meter_feed f join point pt on pt.id = f.point_id where f.meter_id = m.id))
        order by i.from_at)
      from installation i join meter m on m.id = i.meter_id where i.metering_point_id = mp.id) as installations
  from metering_point mp join project p on p.id = mp.project_id
  where mp.id = any($1::uuid[])
  order by mp.id`

/** Plans of the metering points that exist, by id; in one statement. */
export async function loadPlans(
  client: Queryable,
  meteringPointIds: readonly string[],
): Promise<Map<string, PointPlan>> {
  const { rows } = await client.query<PlanRow>(PLANS, [meteringPointIds])
  return new Map(rows.map((row) => [row.id, planOfRow(row)]))
}

function planOfRow(row: PlanRow): PointPlan {
  return planOf({
    meteringPointId: row.id,
    code: row.code,
    projectId: row.project_id,
    timeZone: row.time_zone,
    installations: (row.installations ?? []).map((one) => ({
      installationId: one.id,
      meterId: one.meter_id,
      serial: one.serial,
      fromMs: one.from_ms,
      toMs: one.to_ms,
      initialIndex: one.initial_index,
      finalIndex: one.final_index,
      scale: one.scale,
      digits: one.digits,
      multiplier: one.multiplier,
      maxPerHour: one.max_per_hour,
      jitter: one.jitter,
      feeds: (one.feeds ?? []).map((feed): Feed => ({
        pointId: feed.point_id,
        scale: feed.scale,
        digits: feed.digits,
      })),
    })),
  })
}

import type { PoolClient } from 'pg'
import { decimalOf, formatDecimal } from './domain/decimal.ts'
import type {
  InstallationRecord,
  MeterRecord,
  MeteringEstate,
  PointImportPlan,
  PointRecord,
} from './domain/point-import.ts'

/** Two changes of a project's meters follow one another. */
export async function lockMetering(client: PoolClient, projectId: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('metering/' || $1::text, 0))`, [
    projectId,
  ])
}

const plain = (text: string): string => {
  const { mantissa, scale } = decimalOf(text)
  return formatDecimal(mantissa, scale)
}

export async function loadMeteringEstate(client: PoolClient, projectId: string): Promise<MeteringEstate> {
  const load = async <T extends object>(sql: string): Promise<T[]> =>
    (await client.query<T>(sql, [projectId])).rows
  const buildings = await load<{ id: string; code: string }>(
    'select id, code from building where project_id = $1',
  )
  const rooms = await load<{ id: string; code: string; buildingId: string }>(
    'select id, code, building_id as "buildingId" from room where project_id = $1',
  )
  const points = await load<PointRecord>(
    `select id, code, name, medium, role, unit, building_id as "buildingId", room_id as "roomId", parent_id as "parentId"
     from metering_point where project_id = $1`,
  )
  const meters = await load<MeterRecord>(
    `select id, serial, medium, manufacturer, model, unit, scale, digits, multiplier::text,
       max_per_hour::text as "maxPerHour", jitter::text, verified_until::text as "verifiedUntil" from meter where project_id = $1`,
  )
  const installations = await load<
    Omit<InstallationRecord, 'fromMs' | 'toMs'> & { from: Date; to: Date | null }
  >(
    `select i.id, i.metering_point_id as "meteringPointId", i.meter_id as "meterId", i.from_at as "from", i.to_at as "to",
       i.initial_index::text as "initialIndex"
     from installation i join metering_point mp on mp.id = i.metering_point_id where mp.project_id = $1`,
  )
  const typed = await load<{ id: string }>(
    `select id from meter m where project_id = $1 and exists (select from manual_read r where r.meter_id = m.id)`,
  )
  return {
    buildings: new Map(buildings.map((one) => [one.code, one.id])),
    rooms: new Map(rooms.map((one) => [`${one.buildingId}/${one.code}`, one.id])),
    points,
    meters: meters.map((meter) => ({
      ...meter,
      multiplier: plain(meter.multiplier),
      maxPerHour: plain(meter.maxPerHour),
      jitter: plain(meter.jitter),
    })),
    installations: installations.map(({ from, to, ...one }) => ({
      ...one,
      initialIndex: one.initialIndex === null ? null : plain(one.initialIndex),
      fromMs: from.getTime(),
      toMs: to?.getTime() ?? null,
    })),
    typedMeters: new Set(typed.map((one) => one.id)),
  }
}

export async function applyPointImport(
  client: PoolClient,
  projectId: string,
  plan: PointImportPlan,
  now: Date,
): Promise<void> {
  const all = <T>(changes: { created: T[]; changed: { after: T }[] }): T[] => [
    ...changes.created,
    ...changes.changed.map(({ after }) => after),
  ]
  await savePoints(client, projectId, all(plan.points))
  await saveMeters(client, projectId, all(plan.meters), now)
  await saveInstallations(client, all(plan.installations))
}

async function savePoints(
  client: PoolClient,
  projectId: string,
  points: readonly PointRecord[],
): Promise<void> {
  await client.query(
    `insert into metering_point (id, project_id, code, name, medium, role, unit, building_id, room_id, parent_id)
     select id, $1, code, name, medium, role, unit, building_id, room_id, parent_id
     from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::uuid[])
       as t(id, code, name, medium, role, unit, building_id, room_id, parent_id)
     on conflict (id) do update set name = excluded.name, medium = excluded.medium, role = excluded.role,
       unit = excluded.unit, building_id = excluded.building_id, room_id = excluded.room_id,
       parent_id = excluded.parent_id`,
    [
      projectId,
      ...columns(points, [
        'id',
        'code',
        'name',
        'medium',
        'role',
        'unit',
        'buildingId',
        'roomId',
        'parentId',
      ]),
    ],
  )
}

async function saveMeters(
  client: PoolClient,
  projectId: string,
  meters: readonly MeterRecord[],
  now: Date,
): Promise<void> {
  await client.query(
    `insert into meter (id, project_id, serial, medium, manufacturer, model, unit, scale, digits, multiplier, max_per_hour,
       jitter, verified_until, created_at)
     select id, $1, serial, medium, manufacturer, model, unit, scale, digits, multiplier, max_per_hour, jitter,
       verified_until, $2
     from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::smallint[], $10::smallint[],
       $11::numeric[], $12::numeric[], $13::numeric[], $14::date[])
       as t(id, serial, medium, manufacturer, model, unit, scale, digits, multiplier, max_per_hour, jitter, verified_until)
     on conflict (id) do update set medium = excluded.medium, manufacturer = excluded.manufacturer,
       model = excluded.model, unit = excluded.unit, scale = excluded.scale, digits = excluded.digits,
       multiplier = excluded.multiplier, max_per_hour = excluded.max_per_hour, jitter = excluded.jitter,
       verified_until = excluded.verified_until`,
    [
      projectId,
      now,
      ...columns(meters, [
        'id',
        'serial',
        'medium',
        'manufacturer',
        'model',
        'unit',
        'scale',
        'digits',
        'multiplier',
        'maxPerHour',
        'jitter',
        'verifiedUntil',
      ]),
    ],
  )
}

async function saveInstallations(
  client: PoolClient,
  installations: readonly InstallationRecord[],
): Promise<void> {
  await client.query(
    `insert into installation (id, metering_point_id, meter_id, from_at, initial_index)
     select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::numeric[])
     on conflict (id) do update set from_at = excluded.from_at, initial_index = excluded.initial_index`,
    [
      ...columns(installations, ['id', 'meteringPointId', 'meterId']),
      installations.map((one) => new Date(one.fromMs)),
      installations.map((one) => one.initialIndex),
    ],
  )
}

/** Records turned into one array per column, as `unnest` takes them. */
function columns<T>(records: readonly T[], names: readonly (keyof T)[]): T[keyof T][][] {
  return names.map((name) => records.map((record) => record[name]))
}

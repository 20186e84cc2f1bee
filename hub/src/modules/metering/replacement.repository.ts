import type { PoolClient } from 'pg'

export async function findMeter(
  client: PoolClient,
  projectId: string,
  serial: string,
): Promise<{ id: string; isInstalled: boolean; place: string | null } | null> {
  const { rows } = await client.query<{ id: string; isInstalled: boolean; place: string | null }>(
    `select m.id, i.id is not null as "isInstalled", mp.code as place
     from meter m left join installation i on i.meter_id = m.id and i.to_at is null
     left join metering_point mp on mp.id = i.metering_point_id
     where m.project_id = $1 and m.serial = $2`,
    [projectId, serial],
  )
  return rows[0] ?? null
}

/** First read that a person made of the meter after the instant. */
export async function typedReadAfter(client: PoolClient, meterId: string, at: Date): Promise<Date | null> {
  const { rows } = await client.query<{ at: Date }>(
    'select at from manual_read where meter_id = $1 and at >= $2 order by at limit 1',
    [meterId, at],
  )
  return rows[0]?.at ?? null
}

export async function closeInstallation(
  client: PoolClient,
  id: string,
  at: Date,
  finalIndex: string,
): Promise<void> {
  await client.query('update installation set to_at = $2, final_index = $3 where id = $1', [
    id,
    at,
    finalIndex,
  ])
}

export interface Successor {
  readonly meterId: string
  readonly predecessorId: string
  readonly serial: string
  readonly manufacturer: string
  readonly model: string
  readonly multiplier: string
  readonly now: Date
}

/** A meter with the register of the one before it. */
export async function insertSuccessor(client: PoolClient, meter: Successor): Promise<void> {
  await client.query(
    `insert into meter (id, project_id, serial, medium, manufacturer, model, unit, scale, digits, multiplier, max_per_hour,
       jitter, created_at)
     select $1, project_id, $3, medium, $4, $5, unit, scale, digits, $6, max_per_hour, jitter, $7
     from meter where id = $2`,
    [
      meter.meterId,
      meter.predecessorId,
      meter.serial,
      meter.manufacturer,
      meter.model,
      meter.multiplier,
      meter.now,
    ],
  )
}

export async function insertInstallation(
  client: PoolClient,
  one: { pointId: string; meterId: string; at: Date; initialIndex: string },
): Promise<void> {
  await client.query(
    `insert into installation (metering_point_id, meter_id, from_at, initial_index) values ($1, $2, $3, $4)`,
    [one.pointId, one.meterId, one.at, one.initialIndex],
  )
}

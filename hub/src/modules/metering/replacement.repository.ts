import type { PoolClient } from 'pg'
import { formatDecimal, decimalOf } from './domain/decimal.ts'
import type { KnownMeter, KnownSuccessor } from './domain/successor.ts'

export interface StoredMeter extends KnownSuccessor {
  readonly id: string
  /** It sits at `lastPlace` now. */
  readonly isInstalled: boolean
}

interface MeterRow extends Omit<StoredMeter, 'installedUntilMs'> {
  readonly until: Date | null
}

const METER = `select m.id, m.serial, m.medium, m.unit, m.multiplier::text, last.place as "lastPlace", last.until,
    last.place is not null and last.until is null as "isInstalled"
  from meter m left join lateral (
    select mp.code as place, i.to_at as until from installation i join metering_point mp on mp.id = i.metering_point_id
    where i.meter_id = m.id order by i.to_at desc nulls first limit 1) last on true`

export async function findMeter(
  client: PoolClient,
  projectId: string,
  serial: string,
): Promise<StoredMeter | null> {
  const { rows } = await client.query<MeterRow>(`${METER} where m.project_id = $1 and m.serial = $2`, [
    projectId,
    serial,
  ])
  return rows[0] ? meterOf(rows[0]) : null
}

export async function meterById(client: PoolClient, id: string): Promise<KnownMeter> {
  const { rows } = await client.query<MeterRow>(`${METER} where m.id = $1`, [id])
  return meterOf(rows[0]!)
}

function meterOf({ until, multiplier, ...row }: MeterRow): StoredMeter {
  const { mantissa, scale } = decimalOf(multiplier)
  return { ...row, multiplier: formatDecimal(mantissa, scale), installedUntilMs: until?.getTime() ?? null }
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
  readonly verifiedUntil: string | null
  readonly now: Date
}

/** A meter with the register of the one before it. */
export async function insertSuccessor(client: PoolClient, meter: Successor): Promise<void> {
  await client.query(
    `insert into meter (id, project_id, serial, medium, manufacturer, model, unit, scale, digits, multiplier, max_per_hour,
       jitter, created_at, verified_until)
     select $1, project_id, $3, medium, $4, $5, unit, scale, digits, $6, max_per_hour, jitter, $7, $8::date
     from meter where id = $2`,
    [
      meter.meterId,
      meter.predecessorId,
      meter.serial,
      meter.manufacturer,
      meter.model,
      meter.multiplier,
      meter.now,
      meter.verifiedUntil,
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

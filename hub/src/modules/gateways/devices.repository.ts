/** Devices with the place that they measure, and their points with the latest values. */
import type { PoolClient } from 'pg'
import type { Permission } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'

type Client = Pick<PoolClient, 'query'>

export interface DeviceRow {
  readonly id: string
  readonly gatewayId: string
  readonly key: string
  readonly name: string
  readonly profile: string
  readonly manufacturer: string
  readonly model: string
  readonly medium: string
  readonly driver: string
  readonly bus: string
  readonly address: string
  readonly serial: string | null
  readonly state: string
  readonly lastGoodAt: Date | null
  readonly latencyMs: number | null
  readonly requests: string
  readonly errors: string
  readonly message: string | null
  readonly removed: boolean
  readonly meteringPointId: string | null
  readonly meteringPointCode: string | null
  readonly meteringPointName: string | null
}

/** The metering point is that of the meter which one of the device's points feeds, where it sits now. */
const DEVICE = `select d.id, d.gateway_id as "gatewayId", d.key, d.name, d.profile, d.manufacturer, d.model,
    d.medium, d.driver, d.bus, d.address, d.serial, d.state, d.last_good_at as "lastGoodAt",
    d.latency_ms as "latencyMs", d.requests::text, d.errors::text, d.message,
    d.removed_at is not null as removed, place.id as "meteringPointId", place.code as "meteringPointCode",
    place.name as "meteringPointName"
  from device d left join lateral (
    select mp.id, mp.code, mp.name from point p
      join meter m on m.point_id = p.id
      join installation i on i.meter_id = m.id and i.to_at is null
      join metering_point mp on mp.id = i.metering_point_id
    where p.device_id = d.id order by i.from_at desc limit 1) place on true`

export async function listDevices(
  client: Client,
  user: Viewer,
  filter: { projectId?: string | undefined; gatewayId?: string | undefined },
  permission: Permission = 'devices.read',
): Promise<DeviceRow[]> {
  const params: unknown[] = [filter.projectId ?? null, filter.gatewayId ?? null]
  const { rows } = await client.query<DeviceRow>(
    `${DEVICE} where ($1::uuid is null or d.project_id = $1) and ($2::uuid is null or d.gateway_id = $2)
       and ${scopeSql(user, permission, { project: 'd.project_id' }, params)}
     order by d.gateway_id, d.removed_at is not null, d.bus, d.key`,
    params,
  )
  return rows
}

/** Devices in use whose name, serial or address holds the words, by name. */
export async function searchDevices(
  client: Client,
  user: Viewer,
  { projectId, q, limit }: { projectId: string; q: string; limit: number },
): Promise<Pick<DeviceRow, 'id' | 'name' | 'model' | 'address'>[]> {
  const params: unknown[] = [projectId, q, limit]
  const { rows } = await client.query<DeviceRow>(
    `select d.id, d.name, d.model, d.address from device d
     where d.project_id = $1 and d.removed_at is null
       and position(lower($2) in lower(concat_ws(' ', d.name, d.serial, d.address))) > 0
       and ${scopeSql(user, 'devices.read', { project: 'd.project_id' }, params)}
     order by d.name, d.id limit $3`,
    params,
  )
  return rows
}

export async function findDevice(
  client: Client,
  user: Viewer,
  id: string,
  permission: Permission = 'devices.read',
): Promise<DeviceRow | null> {
  const params: unknown[] = [id]
  const { rows } = await client.query<DeviceRow>(
    `${DEVICE} where d.id = $1 and ${scopeSql(user, permission, { project: 'd.project_id' }, params)}`,
    params,
  )
  return rows[0] ?? null
}

export interface PointRow {
  readonly id: number
  readonly key: string
  readonly labelZh: string
  readonly labelEn: string
  readonly kind: string
  readonly code: string
  readonly unit: string
  readonly scale: number
  readonly intervalMs: number
  readonly at: Date | null
  readonly mantissa: string | null
  readonly quality: number | null
}

/** Points that the gateway still reads, in the order of the catalogue. */
export async function pointsOfDevice(client: Client, deviceId: string): Promise<PointRow[]> {
  const { rows } = await client.query<PointRow>(
    `select p.id, p.key, p.label_zh as "labelZh", p.label_en as "labelEn", p.kind, p.code, p.unit, p.scale,
       p.interval_ms as "intervalMs", l.at, l.mantissa::text, l.quality
     from point p left join point_latest l on l.point_id = p.id
     where p.device_id = $1 and p.removed_at is null order by p.position, p.id`,
    [deviceId],
  )
  return rows
}

/** Points of those devices (ids are UUIDs) that lie within the scope: what a person may watch. */
export async function watchablePoints(
  client: Client,
  user: Viewer,
  deviceIds: readonly string[],
): Promise<number[]> {
  const params: unknown[] = [deviceIds]
  const { rows } = await client.query<{ id: number }>(
    `select p.id from point p join device d on d.id = p.device_id
     where d.id = any($1::uuid[]) and p.removed_at is null
       and ${scopeSql(user, 'devices.read', { project: 'd.project_id' }, params)}`,
    params,
  )
  return rows.map((row) => row.id)
}

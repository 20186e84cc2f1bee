/** Stores catalogues: devices and points of a gateway, set-based. */
import type { PoolClient } from 'pg'
import type { CatalogueMessage } from '@courtyard/protocols/contract'
import type { StoredPoint } from './domain/catalogue-check.ts'

type Client = Pick<PoolClient, 'query'>

/** Holds off other catalogues of the gateway until the transaction ends. Null: unknown or revoked. */
export async function lockGateway(
  client: Client,
  gatewayId: string,
): Promise<{ projectId: string; revision: string | null } | null> {
  const { rows } = await client.query<{ projectId: string; revision: string | null }>(
    `select project_id as "projectId", catalogue_revision as revision from gateway
     where id = $1 and revoked_at is null for update`,
    [gatewayId],
  )
  return rows[0] ?? null
}

export async function storedPoints(client: Client, gatewayId: string): Promise<StoredPoint[]> {
  const { rows } = await client.query<StoredPoint>(
    `select key, scale, unit, exists (select from point_latest l where l.point_id = point.id) as "hasReadings"
     from point where gateway_id = $1`,
    [gatewayId],
  )
  return rows
}

/** Adds and changes what the catalogue lists; what it doesn't list is marked as removed, with its history kept. */
export async function storeCatalogue(
  client: Client,
  gateway: { id: string; projectId: string },
  catalogue: CatalogueMessage,
  now: Date,
): Promise<void> {
  const devices = catalogue.devices.map(({ points: _points, ...device }) => device)
  const points = catalogue.devices.flatMap((device) =>
    device.points.map((point, position) => ({
      ...point,
      device: device.key,
      key: `${device.key}/${point.key}`,
      labelZh: point.label.zh,
      labelEn: point.label.en,
      position,
    })),
  )
  await upsertDevices(client, gateway, devices)
  await upsertPoints(client, gateway.id, points)
  await markRemoved(client, gateway.id, devices, points, now)
  await client.query(`update gateway set catalogue_revision = $2, last_seen_at = $3 where id = $1`, [
    gateway.id,
    catalogue.revision,
    now,
  ])
}

async function upsertDevices(
  client: Client,
  gateway: { id: string; projectId: string },
  devices: readonly object[],
): Promise<void> {
  await client.query(
    `insert into device (gateway_id, project_id, key, name, profile, manufacturer, model, medium, driver, bus, address, serial, commands)
     select $1, $2, key, name, profile, manufacturer, model, medium, driver, bus, address, serial, coalesce(commands, '[]')
     from jsonb_to_recordset($3::jsonb) as d (key text, name text, profile text, manufacturer text, model text,
       medium text, driver text, bus text, address text, serial text, commands jsonb)
     on conflict (gateway_id, key) do update set name = excluded.name, profile = excluded.profile,
       manufacturer = excluded.manufacturer, model = excluded.model, medium = excluded.medium,
       driver = excluded.driver, bus = excluded.bus, address = excluded.address, serial = excluded.serial,
       commands = excluded.commands, project_id = excluded.project_id, removed_at = null`,
    [gateway.id, gateway.projectId, JSON.stringify(devices)],
  )
}

async function upsertPoints(client: Client, gatewayId: string, points: readonly object[]): Promise<void> {
  await client.query(
    `insert into point (device_id, gateway_id, key, label_zh, label_en, kind, code, unit, scale, digits, interval_ms, position)
     select d.id, $1, p.key, p."labelZh", p."labelEn", p.kind, p.code, p.unit, p.scale, p.digits, p."intervalMs", p.position
     from jsonb_to_recordset($2::jsonb) as p (device text, key text, "labelZh" text, "labelEn" text, kind text,
       code text, unit text, scale smallint, digits smallint, "intervalMs" int, position int)
     join device d on d.gateway_id = $1 and d.key = p.device
     on conflict (gateway_id, key) do update set device_id = excluded.device_id, label_zh = excluded.label_zh,
       label_en = excluded.label_en, kind = excluded.kind, code = excluded.code, unit = excluded.unit,
       scale = excluded.scale, digits = excluded.digits, interval_ms = excluded.interval_ms,
       position = excluded.position, removed_at = null`,
    [gatewayId, JSON.stringify(points)],
  )
}

async function markRemoved(
  client: Client,
  gatewayId: string,
  devices: readonly { key: string }[],
  points: readonly { key: string }[],
  now: Date,
): Promise<void> {
  await client.query(
    `update device set removed_at = $3, state = 'unknown'
     where gateway_id = $1 and removed_at is null and key <> all($2::text[])`,
    [gatewayId, devices.map(({ key }) => key), now],
  )
  await client.query(
    `update point set removed_at = $3 where gateway_id = $1 and removed_at is null and key <> all($2::text[])`,
    [gatewayId, points.map(({ key }) => key), now],
  )
}

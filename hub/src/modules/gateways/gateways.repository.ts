/** Gateways and their devices: identity, presence, status. */
import type { PoolClient } from 'pg'
import type { Permission, StatusMessage } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import { gatewayErrors } from './errors.ts'

type Client = Pick<PoolClient, 'query'>

export interface GatewayRow {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly enrolledAt: Date | null
  readonly revokedAt: Date | null
  readonly hasSecret: boolean
  readonly online: boolean
  readonly lastSeenAt: Date | null
  readonly agentVersion: string | null
  readonly status: StatusMessage | null
  readonly statusAt: Date | null
  readonly devicesTotal: number
  readonly devicesOnline: number
  readonly devicesDegraded: number
  readonly devicesOffline: number
  readonly lostReadings: string
}

const GATEWAY = `select g.id, g.project_id as "projectId", g.name, g.enrolled_at as "enrolledAt",
    g.revoked_at as "revokedAt", g.secret_hash is not null as "hasSecret", g.online,
    g.last_seen_at as "lastSeenAt", g.agent_version as "agentVersion", g.status,
    g.status_at as "statusAt",
    coalesce(d.total, 0)::int as "devicesTotal", coalesce(d.online, 0)::int as "devicesOnline",
    coalesce(d.degraded, 0)::int as "devicesDegraded", coalesce(d.offline, 0)::int as "devicesOffline",
    coalesce((select sum(readings) from lost_readings l where l.gateway_id = g.id), 0)::text as "lostReadings"
  from gateway g left join lateral (
    select count(*) as total, count(*) filter (where state = 'online') as online,
      count(*) filter (where state = 'degraded') as degraded, count(*) filter (where state = 'offline') as offline
    from device where gateway_id = g.id and removed_at is null) d on true`

export async function listGateways(
  client: Client,
  user: Viewer,
  projectId: string | undefined,
): Promise<GatewayRow[]> {
  const params: unknown[] = [projectId ?? null]
  const { rows } = await client.query<GatewayRow>(
    `${GATEWAY} where ($1::uuid is null or g.project_id = $1) and ${scopeSql(user, 'gateways.read', { project: 'g.project_id' }, params)}
     order by g.name`,
    params,
  )
  return rows
}

/** Null when there is none for which the person has the permission. */
export async function findGateway(
  client: Client,
  user: Viewer,
  id: string,
  permission: Permission,
): Promise<GatewayRow | null> {
  const params: unknown[] = [id]
  const { rows } = await client.query<GatewayRow>(
    `${GATEWAY} where g.id = $1 and ${scopeSql(user, permission, { project: 'g.project_id' }, params)}`,
    params,
  )
  return rows[0] ?? null
}

/** @throws AppError `gateway.not_found`, outside the scope too */
export async function requireGateway(
  client: Client,
  user: Viewer,
  id: string,
  permission: Permission,
): Promise<GatewayRow> {
  const row = await findGateway(client, user, id, permission)
  if (!row) throw fail(gatewayErrors.notFound, 'There is no such gateway', { id })
  return row
}

/** Null when the name is taken in the project. */
export async function insertGateway(
  client: Client,
  gateway: { projectId: string; name: string; tokenHash: Buffer; tokenExpiresAt: Date },
): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `insert into gateway (project_id, name, enrol_token_hash, enrol_token_expires_at) values ($1, $2, $3, $4)
     on conflict (project_id, name) do nothing returning id`,
    [gateway.projectId, gateway.name, gateway.tokenHash, gateway.tokenExpiresAt],
  )
  return rows[0]?.id ?? null
}

export async function setToken(client: Client, id: string, hash: Buffer, expiresAt: Date): Promise<void> {
  await client.query(`update gateway set enrol_token_hash = $2, enrol_token_expires_at = $3 where id = $1`, [
    id,
    hash,
    expiresAt,
  ])
}

/**
 * Uses up a token: of two who come with the same one, one gets in. The former credentials end with it.
 * @returns the gateway, or null when the token is unknown, used or expired
 */
export async function useToken(
  client: Client,
  tokenHash: Buffer,
  secretHash: Buffer,
  agentVersion: string,
  now: Date,
): Promise<TouchedGateway | null> {
  const { rows } = await client.query<TouchedGateway>(
    `with old as (select id, online from gateway where enrol_token_hash = $1 and enrol_token_expires_at > $4 for update)
     update gateway g set enrol_token_hash = null, enrol_token_expires_at = null, secret_hash = $2, enrolled_at = $4,
       revoked_at = null, online = false, agent_version = $3
     from old where g.id = old.id and g.enrol_token_hash = $1
     returning g.id, g.project_id as "projectId", g.name, old.online as turned`,
    [tokenHash, secretHash, agentVersion, now],
  )
  return rows[0] ?? null
}

/** @returns the gateway, unless it was away already */
export async function revoke(client: Client, id: string, now: Date): Promise<TouchedGateway[]> {
  const gone = await setGatewayOffline(client, id)
  await client.query(
    `update gateway set revoked_at = $2, secret_hash = null, enrol_token_hash = null, enrol_token_expires_at = null
     where id = $1`,
    [id, now],
  )
  await client.query(`update device set state = 'unknown' where gateway_id = $1`, [id])
  return gone
}

/** Ends the credentials of a gateway that may enrol again with a new token. @returns it, unless it was away already */
export async function setAwaitingEnrolment(client: Client, id: string): Promise<TouchedGateway[]> {
  const gone = await setGatewayOffline(client, id)
  await client.query(`update gateway set secret_hash = null where id = $1`, [id])
  await client.query(`update device set state = 'unknown' where gateway_id = $1`, [id])
  return gone
}

/** Hash of the password of a gateway that may connect. */
export async function secretHashOf(client: Client, id: string): Promise<Buffer | null> {
  const { rows } = await client.query<{ hash: Buffer | null }>(
    `select secret_hash as hash from gateway where id = $1 and revoked_at is null`,
    [id],
  )
  return rows[0]?.hash ?? null
}

/** A gateway that changed, for the live events. */
export interface TouchedGateway {
  readonly id: string
  readonly projectId: string
  readonly name: string
  /** Whether it came or went with that; else it was so before. */
  readonly turned: boolean
}

/** @returns nothing when the gateway is unknown, revoked, or was so already */
export async function setOnline(client: Client, id: string, now: Date): Promise<TouchedGateway[]> {
  const { rows } = await client.query<TouchedGateway>(
    `with old as (select id, online from gateway where id = $1 and revoked_at is null for update)
     update gateway g set online = true, last_seen_at = $2 from old
     where g.id = old.id and (not old.online or g.last_seen_at is null or g.last_seen_at < $2)
     returning g.id, g.project_id as "projectId", g.name, not old.online as turned`,
    [id, now],
  )
  return rows
}

/** Marks gateways as offline, and says of their devices that their state isn't known. */
async function setOffline(client: Client, condition: string, params: unknown[]): Promise<TouchedGateway[]> {
  const { rows } = await client.query<TouchedGateway>(
    `with gone as (update gateway set online = false where online and ${condition}
         returning id, project_id as "projectId", name, true as turned),
       devices as (update device set state = 'unknown', latency_ms = null
         from gone where gateway_id = gone.id and state <> 'unknown')
     select * from gone`,
    params,
  )
  return rows
}

export async function setGatewayOffline(client: Client, id: string): Promise<TouchedGateway[]> {
  return setOffline(client, `id = $1`, [id])
}

export async function setSilentOffline(client: Client, silentSince: Date): Promise<TouchedGateway[]> {
  return setOffline(client, `(last_seen_at is null or last_seen_at < $1)`, [silentSince])
}

export interface GatewayStatus {
  readonly gatewayId: string
  readonly receivedAt: Date
  readonly status: StatusMessage
}

/** Writes what several gateways say of themselves and their devices. */
export async function storeStatuses(
  client: Client,
  statuses: readonly GatewayStatus[],
): Promise<TouchedGateway[]> {
  const { rows } = await client.query<TouchedGateway>(
    `with s as (select * from jsonb_to_recordset($1::jsonb) as s (id uuid, at timestamptz, status jsonb)),
       old as (select id, online from gateway where id in (select id from s) and revoked_at is null order by id for update)
     update gateway g set status = s.status, status_at = s.at, agent_version = s.status->>'version', online = true, last_seen_at = s.at
     from s join old on old.id = s.id
     where g.id = s.id returning g.id, g.project_id as "projectId", g.name, not old.online as turned`,
    [
      JSON.stringify(
        statuses.map(({ gatewayId, receivedAt, status }) => ({ id: gatewayId, at: receivedAt, status })),
      ),
    ],
  )
  const known = new Set(rows.map((row) => row.id))
  const devices = statuses
    .filter(({ gatewayId }) => known.has(gatewayId))
    .flatMap(({ gatewayId, status }) => status.devices.map((device) => ({ ...device, gatewayId })))
  if (devices.length > 0) await storeDeviceStates(client, devices)
  return rows
}

type DeviceStatus = StatusMessage['devices'][number] & { readonly gatewayId: string }

async function storeDeviceStates(client: Client, devices: readonly DeviceStatus[]): Promise<void> {
  await client.query(
    `update device d set state = s.state, latency_ms = s."latencyMs", requests = s.requests, errors = s.errors,
       message = left(s.message, 500),
       last_good_at = coalesce(timestamptz 'epoch' + s."lastGoodAtMs" * interval '1 millisecond', d.last_good_at)
     from jsonb_to_recordset($1::jsonb) as s ("gatewayId" uuid, key text, state text, "latencyMs" float8,
       requests bigint, errors bigint, message text, "lastGoodAtMs" bigint)
     where d.gateway_id = s."gatewayId" and d.key = s.key and d.removed_at is null`,
    [JSON.stringify(devices)],
  )
}

/** Null: unknown or revoked. */
export async function projectOf(client: Client, gatewayId: string): Promise<string | null> {
  const { rows } = await client.query<{ projectId: string }>(
    `select project_id as "projectId" from gateway where id = $1 and revoked_at is null`,
    [gatewayId],
  )
  return rows[0]?.projectId ?? null
}

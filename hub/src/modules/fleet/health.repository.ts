/** How all gateways within a scope are, in one statement. */
import type { PoolClient } from 'pg'
import type { ConfigState, StatusMessage } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import type { GatewayRow } from '../gateways/index.ts'

export interface HealthRow extends Pick<
  GatewayRow,
  'id' | 'revokedAt' | 'hasSecret' | 'online' | 'agentVersion' | 'statusAt'
> {
  /** Without the devices: there may be thousands. */
  readonly status: Omit<StatusMessage, 'devices'> | null
  readonly requests: string
  readonly errors: string
  /** The gateway has told what it runs. */
  readonly configTold: boolean
  readonly runningId: string | null
  readonly runningNumber: number | null
  readonly newest: { readonly number: number; readonly state: ConfigState } | null
  readonly serial: string | null
  readonly issuedAt: Date | null
  readonly expiresAt: Date | null
  readonly certificateRevokedAt: Date | null
}

/** What the gateway reported of its configuration is fresher than its status. */
const HEALTH = `select g.id, g.revoked_at as "revokedAt", g.secret_hash is not null as "hasSecret", g.online,
    g.agent_version as "agentVersion", g.status - 'devices' as status, g.status_at as "statusAt",
    coalesce(d.requests, 0)::text as requests, coalesce(d.errors, 0)::text as errors,
    r.running_at is not null or g.status -> 'health' is not null as "configTold",
    now.id as "runningId", running.number as "runningNumber",
    case when newest.number is not null then jsonb_build_object('number', newest.number, 'state', newest.state) end
      as newest,
    c.serial, c.issued_at as "issuedAt", c.expires_at as "expiresAt", c.revoked_at as "certificateRevokedAt"
  from gateway g
  left join (select gateway_id, sum(requests) as requests, sum(errors) as errors from device
    where removed_at is null group by gateway_id) d on d.gateway_id = g.id
  left join gateway_report r on r.gateway_id = g.id
  left join lateral (select case when r.running_at is not null then r.running_id
    else (g.status #>> '{health,configRevision}')::uuid end as id) now on true
  left join gateway_config running on running.id = now.id and running.gateway_id = g.id
  left join lateral (select number, state from gateway_config
    where gateway_id = g.id and state <> 'draft' order by number desc limit 1) newest on true
  left join lateral (select serial, issued_at, expires_at, revoked_at from issued_certificate
    where subject = g.id::text order by issued_at desc, serial limit 1) c on true`

/** By name, as gateways are listed. */
export async function listHealth(
  client: Pick<PoolClient, 'query'>,
  user: Viewer,
  projectId: string | undefined,
): Promise<HealthRow[]> {
  const params: unknown[] = [projectId ?? null]
  const { rows } = await client.query<HealthRow>(
    `${HEALTH} where ($1::uuid is null or g.project_id = $1) and ${scopeSql(user, 'gateways.read', { project: 'g.project_id' }, params)}
     order by g.name, g.id`,
    params,
  )
  return rows
}

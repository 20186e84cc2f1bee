/** Registration, enrolment and revocation of gateways. */
import type { PoolClient } from 'pg'
import type { EnrolRequest, EnrolResponse, Gateway } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { auditAs } from '../../platform/audit/audit.ts'
import { requireWholeProject, projectNotFound, type CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { hashSecret, newSecret, TOKEN_LIFETIME_MS } from './credentials.ts'
import { instantOf } from './domain/instant.ts'
import { gatewayErrors } from './errors.ts'
import {
  insertGateway,
  requireGateway,
  revoke,
  setAwaitingEnrolment,
  setToken,
  useToken,
  type GatewayRow,
} from './gateways.repository.ts'
import { emitTurned } from './webhook-events.ts'

type Actor = { readonly user: CurrentUser; readonly audit: Audit }

export interface IssuedToken {
  readonly gateway: Gateway
  readonly token: string
  readonly expiresAt: string
}

export async function registerGateway(
  hub: Hub,
  { user, audit }: Actor,
  input: { projectId: string; name: string },
): Promise<IssuedToken> {
  requireWholeProject(user, input.projectId, 'gateways.write')
  const project = await hub.db.prisma.project.findUnique({
    where: { id: input.projectId },
    select: { id: true },
  })
  if (!project) throw projectNotFound(input.projectId)
  const { secret, hash } = newSecret()
  const expiresAt = new Date(hub.clock.now().getTime() + TOKEN_LIFETIME_MS)
  const name = input.name.trim()
  const id = await hub.db.transaction(async (client) => {
    const made = await insertGateway(client, { ...input, name, tokenHash: hash, tokenExpiresAt: expiresAt })
    if (!made) throw fail(gatewayErrors.nameTaken, `There is a gateway named ${name} already`, { name })
    const { projectId } = input
    await audit(client, {
      action: 'gateway.register',
      entity: 'gateway',
      entityId: made,
      projectId,
      after: { name },
    })
    return made
  })
  return { gateway: await gatewayOf(hub, user, id), token: secret, expiresAt: expiresAt.toISOString() }
}

/** The present credentials go on until the token is used. */
export async function renewToken(hub: Hub, { user, audit }: Actor, id: string): Promise<IssuedToken> {
  const { projectId } = await gatewayOf(hub, user, id)
  const { secret, hash } = newSecret()
  const expiresAt = new Date(hub.clock.now().getTime() + TOKEN_LIFETIME_MS)
  await hub.db.transaction(async (client) => {
    await setToken(client, id, hash, expiresAt)
    await audit(client, {
      action: 'gateway.newToken',
      entity: 'gateway',
      entityId: id,
      projectId,
      after: { expiresAt },
    })
  })
  return { gateway: await gatewayOf(hub, user, id), token: secret, expiresAt: expiresAt.toISOString() }
}

export async function revokeGateway(hub: Hub, { user, audit }: Actor, id: string): Promise<Gateway> {
  const before = await gatewayOf(hub, user, id)
  await hub.db.transaction(async (client) => {
    const now = hub.clock.now()
    await emitTurned(client, now, false, await revoke(client, id, now))
    await hub.security.authority.revoke(client, id)
    const { projectId, state } = before
    await audit(client, {
      action: 'gateway.revoke',
      entity: 'gateway',
      entityId: id,
      projectId,
      before: { state },
      after: { state: 'revoked' },
    })
  })
  await hub.broker.disconnect(id)
  hub.live.publish('gateways', { gatewayIds: [id] }, { projectId: before.projectId })
  return gatewayOf(hub, user, id)
}

/** Ends the credentials of a gateway, inside of the caller's transaction; it may enrol again with a new token. */
export async function endCredentials(hub: Hub, client: PoolClient, id: string): Promise<void> {
  await emitTurned(client, hub.clock.now(), false, await setAwaitingEnrolment(client, id))
}

/**
 * With a request for a certificate the gateway gets one, when the hub speaks TLS. A request that is refused leaves
 * the token as it was.
 * @param from.host by which the gateway reached the hub
 * @throws AppError `gateway.token_refused`, `security.csr_refused`
 */
export async function enrol(
  hub: Hub,
  input: EnrolRequest,
  from: { ip: string; requestId: string; host: string },
): Promise<EnrolResponse> {
  const { authority } = hub.security
  const { host, ...actor } = from
  const tlsUrl = hub.broker.tlsUrl(host)
  const { secret, hash } = newSecret()
  const { gateway, certificate } = await hub.db.transaction(async (client) => {
    const now = hub.clock.now()
    const used = await useToken(client, hashSecret(input.token), hash, input.agentVersion, now)
    if (!used) throw fail(gatewayErrors.tokenRefused, 'The token is unknown, used or expired')
    await emitTurned(client, now, false, [used])
    await authority.revoke(client, used.id)
    const issued = input.csr && tlsUrl ? await authority.issue(client, used.id, input.csr) : null
    await auditAs({ userId: null, actor: `gateway ${used.name}`, ...actor })(client, {
      action: 'gateway.enrol',
      entity: 'gateway',
      entityId: used.id,
      projectId: used.projectId,
      after: { agentVersion: input.agentVersion, certificate: issued?.serial ?? null },
    })
    return { gateway: used, certificate: issued?.certificate ?? null }
  })
  // Whoever is connected with the former credentials has to go
  await hub.broker.disconnect(gateway.id)
  hub.live.publish('gateways', { gatewayIds: [gateway.id] }, { projectId: gateway.projectId })
  return {
    gatewayId: gateway.id,
    mqttUrl: hub.broker.publicUrl,
    username: gateway.id,
    password: secret,
    ...(certificate && tlsUrl ? { tls: { mqttUrl: tlsUrl, certificate, ca: authority.bundle } } : {}),
  }
}

/**
 * As those see it who may change it.
 * @throws AppError `gateway.not_found`, outside the scope too
 */
export async function gatewayOf(hub: Hub, user: CurrentUser, id: string): Promise<Gateway> {
  return toGateway(await requireGateway(hub.db.pool, user, id, 'gateways.write'))
}

export function toGateway(row: GatewayRow): Gateway {
  const outbox = row.status?.outbox
  return {
    id: row.id,
    projectId: row.projectId,
    name: row.name,
    state: stateOf(row),
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    enrolledAt: row.enrolledAt?.toISOString() ?? null,
    agentVersion: row.agentVersion,
    devices: {
      total: row.devicesTotal,
      online: row.devicesOnline,
      degraded: row.devicesDegraded,
      offline: row.devicesOffline,
    },
    outbox: outbox
      ? {
          readings: outbox.readings,
          bytes: outbox.bytes,
          oldestAt: instantOf(outbox.oldestAtMs),
          droppedReadings: outbox.droppedReadings,
        }
      : null,
    buses: row.status?.buses ?? [],
    lostReadings: Number(row.lostReadings),
  }
}

export function stateOf(row: Pick<GatewayRow, 'revokedAt' | 'hasSecret' | 'online'>): Gateway['state'] {
  if (row.revokedAt) return 'revoked'
  if (!row.hasSecret) return 'awaitingEnrolment'
  return row.online ? 'online' : 'offline'
}

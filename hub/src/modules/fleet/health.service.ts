/** Everything that a gateway last said about itself. */
import type { GatewayHealth } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import type { Hub } from '../../platform/module.ts'
import {
  instantOf,
  listDevices,
  requireGateway,
  setAwaitingEnrolment,
  type DeviceRow,
  type GatewayRow,
} from '../gateways/index.ts'

/** @throws AppError `gateway.not_found`, outside the scope too */
export async function healthOf(hub: Hub, user: CurrentUser, gatewayId: string): Promise<GatewayHealth> {
  const gateway = await requireGateway(hub.db.pool, user, gatewayId)
  const devices = (await listDevices(hub.db.pool, user, { gatewayId })).filter(({ removed }) => !removed)
  const certificate = await hub.security.authority.newest(hub.db.pool, gatewayId)
  const { status, statusAt } = gateway
  const health = status?.health
  return {
    gatewayId,
    agentVersion: gateway.agentVersion,
    startedAt: instantOf(status?.startedAtMs),
    statusAt: statusAt?.toISOString() ?? null,
    rssBytes: health?.rssBytes ?? null,
    cpu: health?.cpu ?? null,
    diskFreeBytes: health?.diskFreeBytes ?? null,
    clockOffsetMs: status && statusAt ? status.atMs - statusAt.getTime() : null,
    clockTrusted: health?.clockTrusted ?? null,
    configRevision: health?.configRevision ?? null,
    certificate: certificate && {
      serial: certificate.serial,
      issuedAt: certificate.issuedAt.toISOString(),
      expiresAt: certificate.expiresAt.toISOString(),
      revokedAt: certificate.revokedAt?.toISOString() ?? null,
    },
    outbox: outboxOf(gateway),
    buses: (status?.buses ?? []).map((bus) => ({
      ...bus,
      devices: devices.filter((device) => device.bus === bus.key).length,
    })),
    devices: devices.map(deviceOf),
  }
}

/**
 * Ends the certificate of a gateway, and its password with it: it is out at once, and comes back with a new token.
 * @throws AppError `gateway.not_found`
 */
export async function revokeCertificate(
  hub: Hub,
  { user, audit }: { user: CurrentUser; audit: Audit },
  gatewayId: string,
): Promise<GatewayHealth> {
  const { projectId } = await requireGateway(hub.db.pool, user, gatewayId)
  await hub.db.transaction(async (client) => {
    const certificates = await hub.security.authority.revoke(client, gatewayId)
    await setAwaitingEnrolment(client, gatewayId)
    await audit(client, {
      action: 'gateway.certificate.revoke',
      entity: 'gateway',
      entityId: gatewayId,
      projectId,
      after: { certificates },
    })
  })
  await hub.broker.disconnect(gatewayId)
  hub.live.publish('gateways', { gatewayIds: [gatewayId] }, { projectId })
  return healthOf(hub, user, gatewayId)
}

function outboxOf({ status }: GatewayRow): GatewayHealth['outbox'] {
  if (!status) return null
  const { batches, readings, events, bytes, oldestAtMs, droppedReadings } = status.outbox
  return { batches, readings, events: events ?? 0, bytes, oldestAt: instantOf(oldestAtMs), droppedReadings }
}

function deviceOf(row: DeviceRow): GatewayHealth['devices'][number] {
  const { id, key, name, bus, state, latencyMs, message } = row
  return {
    id,
    key,
    name,
    bus,
    state,
    latencyMs,
    requests: Number(row.requests),
    errors: Number(row.errors),
    lastGoodAt: row.lastGoodAt?.toISOString() ?? null,
    message,
  }
}

/** Everything that a gateway last said about itself. */
import type { GatewayHealth, GatewayHealthSummary } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import type { Hub } from '../../platform/module.ts'
import {
  endCredentials,
  instantOf,
  listDevices,
  requireGateway,
  stateOf,
  type DeviceRow,
} from '../gateways/index.ts'
import { listHealth, type HealthRow } from './health.repository.ts'

/** One line per gateway within the scope. */
export async function healthOfAll(
  hub: Hub,
  user: CurrentUser,
  projectId: string | undefined,
): Promise<GatewayHealthSummary[]> {
  return (await listHealth(hub.db.pool, user, projectId)).map(summaryOf)
}

function summaryOf(row: HealthRow): GatewayHealthSummary {
  const buses = row.status?.buses ?? []
  return {
    gatewayId: row.id,
    state: stateOf(row),
    agentVersion: row.agentVersion,
    ...timesOf(row),
    certificate:
      row.serial === null
        ? null
        : certificateOf({
            serial: row.serial,
            issuedAt: row.issuedAt!,
            expiresAt: row.expiresAt!,
            revokedAt: row.certificateRevokedAt,
          }),
    outbox: outboxOf(row),
    config: configOf(row),
    buses: {
      total: buses.length,
      disconnected: buses.filter(({ connected }) => !connected).length,
      highestLoad: buses.length === 0 ? null : Math.max(...buses.map(({ load }) => load)),
      missedDeadlines: buses.reduce((sum, bus) => sum + bus.missedDeadlines, 0),
    },
    requests: Number(row.requests),
    errors: Number(row.errors),
  }
}

function configOf(row: HealthRow): GatewayHealthSummary['config'] {
  const told = row.runningId === null ? 'file' : 'hub'
  return { source: row.configTold ? told : null, running: row.runningNumber, newest: row.newest }
}

/** @throws AppError `gateway.not_found`, outside the scope too */
export async function healthOf(hub: Hub, user: CurrentUser, gatewayId: string): Promise<GatewayHealth> {
  const gateway = await requireGateway(hub.db.pool, user, gatewayId, 'gateways.read')
  const devices = (await listDevices(hub.db.pool, user, { gatewayId }, 'gateways.read')).filter(
    ({ removed }) => !removed,
  )
  const certificate = await hub.security.authority.newest(hub.db.pool, gatewayId)
  const { status } = gateway
  const health = status?.health
  return {
    gatewayId,
    agentVersion: gateway.agentVersion,
    ...timesOf(gateway),
    rssBytes: health?.rssBytes ?? null,
    cpu: health?.cpu ?? null,
    diskFreeBytes: health?.diskFreeBytes ?? null,
    configRevision: health?.configRevision ?? null,
    certificate: certificate && certificateOf(certificate),
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
  const { projectId } = await requireGateway(hub.db.pool, user, gatewayId, 'gateways.write')
  await hub.db.transaction(async (client) => {
    const certificates = await hub.security.authority.revoke(client, gatewayId)
    await endCredentials(hub, client, gatewayId)
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

type Said = Pick<HealthRow, 'status' | 'statusAt'>

function timesOf({ status, statusAt }: Said) {
  return {
    startedAt: instantOf(status?.startedAtMs),
    statusAt: statusAt?.toISOString() ?? null,
    clockOffsetMs: status && statusAt ? status.atMs - statusAt.getTime() : null,
    clockTrusted: status?.health?.clockTrusted ?? null,
  }
}

function certificateOf(issued: {
  serial: string
  issuedAt: Date
  expiresAt: Date
  revokedAt: Date | null
}): NonNullable<GatewayHealth['certificate']> {
  return {
    serial: issued.serial,
    issuedAt: issued.issuedAt.toISOString(),
    expiresAt: issued.expiresAt.toISOString(),
    revokedAt: issued.revokedAt?.toISOString() ?? null,
  }
}

function outboxOf({ status }: Said): GatewayHealth['outbox'] {
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

import type { Device, Point } from '@courtyard/protocols/contract'
import { fail } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { formatUnits } from '@courtyard/protocols/decimal'
import {
  findDevice,
  listDevices,
  pointsOfDevice,
  type DeviceRow,
  type PointRow,
} from './devices.repository.ts'
import { gatewayErrors } from './errors.ts'
import { listGateways } from './gateways.repository.ts'
import { enrol, registerGateway, renewToken, revokeGateway, toGateway } from './gateways.service.ts'

/** A person who guesses tokens gets this many tries a minute from one address. */
const ENROLMENTS_PER_MINUTE = 20

export function addGatewayRoutes(app: HubApp): void {
  route(
    app,
    'POST /api/edge/enrol',
    { permission: null, perMinute: ENROLMENTS_PER_MINUTE },
    ({ hub, body, request }) =>
      enrol(hub, body, { ip: request.ip, requestId: request.id, host: request.hostname }),
  )
  route(app, 'GET /api/gateways', { permission: 'gateways.read' }, async ({ hub, user, query }) =>
    (await listGateways(hub.db.pool, user, query.projectId)).map(toGateway),
  )
  route(app, 'POST /api/gateways', { permission: 'gateways.write' }, ({ hub, user, audit, body }) =>
    registerGateway(hub, { user, audit }, body),
  )
  route(
    app,
    'POST /api/gateways/:id/token',
    { permission: 'gateways.write' },
    ({ hub, user, audit, params }) => renewToken(hub, { user, audit }, params.id),
  )
  route(
    app,
    'POST /api/gateways/:id/revoke',
    { permission: 'gateways.write' },
    ({ hub, user, audit, params }) => revokeGateway(hub, { user, audit }, params.id),
  )
  route(app, 'GET /api/devices', { permission: 'devices.read' }, async ({ hub, user, query }) =>
    (await listDevices(hub.db.pool, user, query)).map(toDevice),
  )
  route(app, 'GET /api/devices/:id', { permission: 'devices.read' }, async ({ hub, user, params }) => {
    const row = await findDevice(hub.db.pool, user, params.id)
    if (!row) throw fail(gatewayErrors.deviceNotFound, 'There is no such device', { id: params.id })
    const points = await pointsOfDevice(hub.db.pool, params.id)
    return { ...toDevice(row), points: points.map((point) => toPoint(row, point)) }
  })
}

function toDevice(row: DeviceRow): Device {
  const { meteringPointId, meteringPointCode, meteringPointName, lastGoodAt, requests, errors, ...rest } = row
  return {
    ...rest,
    medium: row.medium as Device['medium'],
    state: row.state as Device['state'],
    lastGoodAt: lastGoodAt?.toISOString() ?? null,
    requests: Number(requests),
    errors: Number(errors),
    meteringPoint: meteringPointId
      ? { id: meteringPointId, code: meteringPointCode!, name: meteringPointName! }
      : null,
  }
}

function toPoint(device: DeviceRow, row: PointRow): Point {
  const { id, key, kind, code, unit, scale, intervalMs, at, mantissa, quality } = row
  return {
    id,
    // People know the device already: only the part after it
    key: key.slice(device.key.length + 1),
    label: { zh: row.labelZh, en: row.labelEn },
    kind: kind as Point['kind'],
    code,
    unit,
    scale,
    intervalMs,
    latest: at && {
      pointId: id,
      at: at.toISOString(),
      value: mantissa === null ? null : formatUnits(BigInt(mantissa), scale),
      quality: quality!,
    },
  }
}

import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { historyOf } from './history.service.ts'
import { discardEntry, listQuarantine, replayEntry } from './quarantine.service.ts'

export function addTelemetryRoutes(app: HubApp): void {
  route(
    app,
    'GET /api/points/:pointId/history',
    { permission: 'devices.read' },
    ({ hub, user, params, query }) => historyOf(hub, user, params.pointId, query),
  )
  route(app, 'GET /api/quarantine', { permission: 'gateways.read' }, ({ hub, user, query }) =>
    listQuarantine(hub, user, query),
  )
  route(
    app,
    'POST /api/quarantine/:id/replay',
    { permission: 'quarantine.resolve' },
    ({ hub, user, audit, params }) => replayEntry(hub, { user, audit }, params.id),
  )
  route(
    app,
    'POST /api/quarantine/:id/discard',
    { permission: 'quarantine.resolve' },
    ({ hub, user, audit, params, body }) => discardEntry(hub, { user, audit }, params.id, body.reason),
  )
}

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
  route(app, 'GET /api/quarantine', { permission: 'gateways.read' }, async ({ hub, user, query, say }) => {
    const list = await listQuarantine(hub, user, query)
    return { ...list, items: list.items.map((entry) => ({ ...entry, reason: say(entry.reason) })) }
  })
  route(
    app,
    'POST /api/quarantine/:id/replay',
    { permission: 'quarantine.resolve' },
    async ({ hub, user, audit, params, say }) => {
      const entry = await replayEntry(hub, { user, audit }, params.id)
      return { ...entry, reason: say(entry.reason) }
    },
  )
  route(
    app,
    'POST /api/quarantine/:id/discard',
    { permission: 'quarantine.resolve' },
    async ({ hub, user, audit, params, body, say }) => {
      const entry = await discardEntry(hub, { user, audit }, params.id, body.reason)
      return { ...entry, reason: say(entry.reason) }
    },
  )
}

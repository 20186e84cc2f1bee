import { requireProject } from '../../platform/auth/user.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { countsByDay } from './events.repository.ts'
import { pageOfEvents } from './events.service.ts'

const read = { permission: 'events.read' } as const

export function addEventRoutes(app: HubApp): void {
  route(app, 'GET /api/events', read, async ({ hub, user, query }) => {
    if (query.projectId) requireProject(user, query.projectId, 'events.read')
    return pageOfEvents(hub, user, query)
  })
  route(app, 'GET /api/events/summary', read, async ({ hub, user, query }) => {
    if (query.projectId) requireProject(user, query.projectId, 'events.read')
    return countsByDay(hub.db.pool, user, query.projectId, query.days, hub.clock.now())
  })
}

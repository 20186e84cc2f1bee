/** All projects of a person at a glance: reads what the other modules keep, keeps nothing itself. */
import { route } from '../../platform/http/route.ts'
import type { HubModule } from '../../platform/module.ts'
import { managerPageFor } from './manager.service.ts'
import './permissions.ts'

export const managerModule: HubModule = {
  name: 'manager',
  routes(app) {
    route(app, 'GET /api/manager', { permission: 'manager.read' }, ({ hub, user }) =>
      managerPageFor(hub, user),
    )
  },
}

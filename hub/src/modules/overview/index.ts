/** Everything at a glance: reads what the other modules keep, keeps nothing itself. */
import { route } from '../../platform/http/route.ts'
import type { HubModule } from '../../platform/module.ts'
import { overviewFor } from './overview.service.ts'

export const overviewModule: HubModule = {
  name: 'overview',
  routes(app) {
    route(app, 'GET /api/overview', { permission: 'metering.read' }, ({ hub, user, query }) =>
      overviewFor(hub, user, query.projectId),
    )
  },
}

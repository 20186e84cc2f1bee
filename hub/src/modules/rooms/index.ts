/** How rooms are: who lives there, what is owed, what is wrong; from estate, charging and metering together. */
import { route } from '../../platform/http/route.ts'
import type { HubModule } from '../../platform/module.ts'
import { buildingSection } from './section.service.ts'

export const roomsModule: HubModule = {
  name: 'rooms',
  routes(app) {
    route(
      app,
      'GET /api/buildings/:id/section',
      { permission: 'estate.read' },
      async ({ hub, user, params }) => buildingSection(hub, user, params.id),
    )
  },
}

import type { HubModule } from '../../platform/module.ts'
import { sayImport } from '../../platform/csv.ts'
import { route } from '../../platform/http/route.ts'
import {
  createProject,
  findProject,
  findWholeProject,
  listBuildings,
  listHouseholds,
  listProjects,
} from './estate.service.ts'
import { importRooms } from './room-import.service.ts'
import { buildingResource, roomResource, unitResource, zoneResource } from './estate.resource.ts'
import { householdResource } from './household.resource.ts'
import { addStructureRoutes } from './structure.routes.ts'

export const estateModule: HubModule = {
  name: 'estate',
  resources: [zoneResource, buildingResource, unitResource, roomResource, householdResource],
  routes(app) {
    addStructureRoutes(app)
    route(app, 'GET /api/projects', { permission: 'estate.read' }, async ({ hub, user }) =>
      listProjects(hub, user),
    )
    route(app, 'POST /api/projects', { permission: 'estate.write' }, async ({ hub, user, body, audit }) =>
      createProject(hub, user, body, audit),
    )
    route(
      app,
      'GET /api/projects/:id/buildings',
      { permission: 'estate.read' },
      async ({ hub, user, params }) => {
        const project = await findProject(hub, user, params.id, 'estate.read')
        return listBuildings(hub, user, project.id)
      },
    )
    route(
      app,
      'GET /api/projects/:id/households',
      { permission: 'estate.read' },
      async ({ hub, user, params, query }) => {
        const project = await findProject(hub, user, params.id, 'estate.read')
        return listHouseholds(hub, user, project.id, query)
      },
    )
    route(
      app,
      'POST /api/projects/:id/rooms/import',
      { permission: 'estate.write' },
      async ({ hub, user, params, query, body, audit, say }) => {
        const project = await findWholeProject(hub, user, params.id, 'estate.write')
        const input = { projectId: project.id, text: body, dryRun: query.dryRun, audit }
        return sayImport(await importRooms(hub, input), say)
      },
    )
  },
}

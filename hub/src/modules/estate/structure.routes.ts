import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { findProject, findWholeProject } from './estate.service.ts'
import { floorPicture, floorPlan, removePlan, setPicture, setShapes } from './floor-plan.service.ts'
import { generate, listGenerations, previewGeneration, undoGeneration } from './generation.service.ts'
import { searchRooms, structureOf } from './structure.repository.ts'

const READ = { permission: 'estate.read' } as const
const WRITE = { permission: 'estate.write' } as const
/** A picture of 8 MB in base64, and its JSON around it. */
const PICTURE = { ...WRITE, bodyLimit: 12 * 1024 * 1024 }
const MOST_HITS = 50

export function addStructureRoutes(app: HubApp): void {
  route(app, 'GET /api/projects/:id/structure', READ, async ({ hub, user, params }) => {
    const { id } = await findProject(hub, user, params.id, 'estate.read')
    return structureOf(hub.db.pool, user, id)
  })
  route(app, 'GET /api/projects/:id/room-search', READ, async ({ hub, user, params, query }) => {
    const { id } = await findProject(hub, user, params.id, 'estate.read')
    return searchRooms(hub.db.pool, user, id, query.q.split(/\s+/), MOST_HITS)
  })
  addGenerationRoutes(app)
  addFloorPlanRoutes(app)
}

function addGenerationRoutes(app: HubApp): void {
  route(app, 'GET /api/projects/:id/generations', WRITE, async ({ hub, user, params }) => {
    const { id } = await findWholeProject(hub, user, params.id, 'estate.write')
    return listGenerations(hub, id)
  })
  route(app, 'POST /api/projects/:id/generations/preview', WRITE, async ({ hub, user, params, body }) => {
    const { id } = await findWholeProject(hub, user, params.id, 'estate.write')
    return previewGeneration(hub, id, body)
  })
  route(app, 'POST /api/projects/:id/generations', WRITE, async ({ hub, user, params, body, audit }) => {
    const { id } = await findWholeProject(hub, user, params.id, 'estate.write')
    return generate(hub, user, id, body, audit)
  })
  route(app, 'POST /api/generations/:id/undo', WRITE, async ({ hub, user, params, audit }) =>
    undoGeneration(hub, user, params.id, audit),
  )
}

function addFloorPlanRoutes(app: HubApp): void {
  route(app, 'GET /api/buildings/:id/floor-plans/:floor', READ, async ({ hub, user, params }) =>
    floorPlan(hub, user, params.id, params.floor),
  )
  route(
    app,
    'GET /api/buildings/:id/floor-plans/:floor/picture',
    READ,
    async ({ hub, user, params, reply }) => {
      const { bytes, mediaType } = await floorPicture(hub, user, params.id, params.floor)
      // The address holds the picture's hash: another picture has another address
      reply.header('content-type', mediaType).header('cache-control', 'private, max-age=604800, immutable')
      return bytes
    },
  )
  route(
    app,
    'PUT /api/buildings/:id/floor-plans/:floor/picture',
    PICTURE,
    async ({ hub, user, params, body, audit }) =>
      setPicture(hub, user, params.id, params.floor, body.base64, audit),
  )
  route(
    app,
    'PUT /api/buildings/:id/floor-plans/:floor/shapes',
    WRITE,
    async ({ hub, user, params, body, audit }) => setShapes(hub, user, params.id, params.floor, body, audit),
  )
  route(app, 'DELETE /api/buildings/:id/floor-plans/:floor', WRITE, async ({ hub, user, params, audit }) =>
    removePlan(hub, user, params.id, params.floor, audit),
  )
}

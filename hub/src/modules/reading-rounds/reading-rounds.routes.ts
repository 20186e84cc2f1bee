import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { entryPhotoFor, settle, takeEntry, takePhoto } from './entries.service.ts'
import {
  alterTask,
  changeRoute,
  handOut,
  makeRoute,
  pointsFor,
  putAway,
  routeFor,
  routesFor,
  taskFor,
} from './rounds.service.ts'
import { phoneTasks } from './tasks.repository.ts'

const read = { permission: 'readingRounds.read' } as const
const write = { permission: 'readingRounds.write' } as const
const enter = { permission: 'readingRounds.enter' } as const
/** 8 MiB of picture in base64. */
const PHOTO_BODY_LIMIT = 11.5 * 1024 * 1024

export function addReadingRoutes(app: HubApp): void {
  addOfficeRoutes(app)
  addTaskRoutes(app)
  addPhoneRoutes(app)
}

function addOfficeRoutes(app: HubApp): void {
  route(app, 'GET /api/reading-routes', read, ({ hub, user, query }) => routesFor(hub, user, query.projectId))
  route(app, 'GET /api/reading-routes/:id', read, ({ hub, user, params }) => routeFor(hub, user, params.id))
  route(app, 'GET /api/projects/:id/reading-points', read, ({ hub, user, params }) =>
    pointsFor(hub, user, params.id),
  )
  route(app, 'POST /api/projects/:id/reading-routes', write, ({ params, body, ...doer }) =>
    makeRoute(doer, params.id, body),
  )
  route(app, 'PUT /api/reading-routes/:id', write, ({ params, body, ...doer }) =>
    changeRoute(doer, params.id, body),
  )
  route(app, 'POST /api/reading-routes/:id/archive', write, ({ params, body, ...doer }) =>
    putAway(doer, params.id, body.version),
  )
}

function addTaskRoutes(app: HubApp): void {
  route(app, 'POST /api/reading-routes/:id/tasks', write, ({ params, body, ...doer }) =>
    handOut(doer, params.id, body),
  )
  route(app, 'GET /api/reading-tasks/:id', read, ({ hub, user, params }) => taskFor(hub, user, params.id))
  route(app, 'POST /api/reading-tasks/:id/assignee', write, ({ params, body, ...doer }) =>
    alterTask(doer, params.id, body),
  )
  route(app, 'POST /api/reading-tasks/:id/withdraw', write, ({ params, body, ...doer }) =>
    alterTask(doer, params.id, { ...body, state: 'cancelled' }),
  )
  route(app, 'POST /api/reading-entries/:id/settlement', write, ({ params, body, ...doer }) =>
    settle(doer, params.id, body),
  )
  route(app, 'GET /api/reading-entries/:id/photo', read, async ({ hub, user, params, reply }) => {
    const { bytes, mediaType } = await entryPhotoFor(hub, user, params.id)
    reply.header('cache-control', 'private, max-age=3600')
    return reply.type(mediaType).send(bytes)
  })
}

function addPhoneRoutes(app: HubApp): void {
  route(app, 'GET /api/my-reading-tasks', enter, async ({ hub, user }) => {
    const now = hub.clock.now()
    return { at: now.toISOString(), tasks: await phoneTasks(hub.db.pool, user, now) }
  })
  const photo = { ...enter, bodyLimit: PHOTO_BODY_LIMIT }
  route(app, 'POST /api/reading-photos', photo, ({ hub, user, body }) => takePhoto(hub, user, body.base64))
  // Who read a meter says so in his own name
  route(app, 'POST /api/reading-entries', { ...enter, ownWord: true }, ({ body, ...doer }) =>
    takeEntry(doer, body.entry, body.sentAt),
  )
}

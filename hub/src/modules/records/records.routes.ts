/** Resources in general: what there is, and how people like to see their lists. */
import { hasPermission, requireProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { metaOf, nameOf } from '../../platform/resource/meta.ts'
import type { Resource } from '../../platform/resource/resource.ts'
import { NO_PROJECT } from '../../platform/resource/shape.repository.ts'
import { shapeOf } from '../../platform/resource/shape.ts'
import { recordsErrors } from './errors.ts'
import { deleteView, insertView, selectViews, updateView } from './views.repository.ts'

const signedIn = { permission: 'signedIn' } as const

export function addRecordsRoutes(app: HubApp): void {
  const open = { ...signedIn, forKeys: true } as const
  route(app, 'GET /api/resources', open, async ({ user }) => readableBy(app, user).map(nameOf))
  route(app, 'GET /api/resources/:name', open, async ({ user, hub, params, query }) => {
    if (query.projectId) requireProject(user, query.projectId)
    const resource = requireResource(app, user, params.name)
    const shape = await shapeOf(hub.db.pool, resource, query.projectId ?? NO_PROJECT)
    return metaOf(shape, user)
  })
  addViewRoutes(app)
}

function addViewRoutes(app: HubApp): void {
  route(app, 'GET /api/views', signedIn, async ({ user, hub, query }) =>
    selectViews(hub.db.pool, user.id, requireResource(app, user, query.resource).name),
  )
  route(app, 'POST /api/views', signedIn, async ({ user, hub, body, audit }) => {
    requireResource(app, user, body.resource)
    return hub.db.transaction(async (tx) => {
      const view = await insertView(tx, user.id, body)
      if (!view) throw nameTaken(body.name)
      await audit(tx, { action: 'view.create', entity: 'view', entityId: view.id, after: view })
      return view
    })
  })
  route(app, 'PUT /api/views/:id', signedIn, async ({ user, hub, params, body, audit }) =>
    hub.db.transaction(async (tx) => {
      const view = await updateView(tx, user.id, params.id, body)
      if (view === 'taken') throw nameTaken(body.name)
      if (!view) throw noView(params.id)
      await audit(tx, { action: 'view.edit', entity: 'view', entityId: view.id, after: view })
      return view
    }),
  )
  route(app, 'DELETE /api/views/:id', signedIn, async ({ user, hub, params, audit }) =>
    hub.db.transaction(async (tx) => {
      const view = await deleteView(tx, user.id, params.id)
      if (!view) throw noView(params.id)
      await audit(tx, { action: 'view.remove', entity: 'view', entityId: view.id, before: view })
      return { ok: true as const }
    }),
  )
}

/** @throws AppError `resource.not_found` for one that is not there or that the person may not read */
export function requireResource(app: HubApp, user: CurrentUser, name: string): Resource {
  const resource = readableBy(app, user).find((one) => one.name === name)
  if (!resource) throw fail(recordsErrors.resourceNotFound, `There is no resource ${name}`)
  return resource
}

function readableBy(app: HubApp, user: CurrentUser): Resource[] {
  return app.resources.filter(({ permissions }) => hasPermission(user, permissions.read))
}

const nameTaken = (name: string) =>
  fail(recordsErrors.viewNameTaken, `You have a view called ${name} already`)
const noView = (id: string) => fail(recordsErrors.viewNotFound, 'There is no such view of yours', { id })

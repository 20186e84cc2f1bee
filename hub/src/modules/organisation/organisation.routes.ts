import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { archiveCompany, changeCompany, createCompany, organisation } from './companies.service.ts'
import { archiveDepartment, changeDepartment, createDepartment } from './departments.service.ts'
import { listColleagues } from './people.repository.ts'
import { archivePost, changePost, createPost } from './posts.service.ts'
import {
  archiveRole,
  changePermissions,
  createRole,
  listRoles,
  permissionCatalogue,
  renameRole,
} from './roles.service.ts'

const read = { permission: 'organisation.read' } as const
/** Like the rights of accounts: nobody changes them in another's name. */
const write = { permission: 'organisation.write', ownWord: true } as const

export function addOrganisationRoutes(app: HubApp): void {
  route(app, 'GET /api/organisation', read, ({ hub }) => organisation(hub))
  route(app, 'GET /api/people', read, ({ hub, user, query }) =>
    listColleagues(hub.db.pool, user, query, hub.clock.now()),
  )
  addCompanies(app)
  addDepartments(app)
  addRoles(app)
}

function addCompanies(app: HubApp): void {
  route(app, 'POST /api/companies', write, ({ hub, user, audit, body }) =>
    createCompany(hub, { user, audit }, body),
  )
  route(app, 'PATCH /api/companies/:id', write, ({ hub, user, audit, params, body }) =>
    changeCompany(hub, { user, audit }, params.id, body),
  )
  route(app, 'POST /api/companies/:id/archive', write, ({ hub, user, audit, params, body }) =>
    archiveCompany(hub, { user, audit }, params.id, body.version),
  )
}

function addDepartments(app: HubApp): void {
  route(app, 'POST /api/departments', write, ({ hub, user, audit, body }) =>
    createDepartment(hub, { user, audit }, body),
  )
  route(app, 'PATCH /api/departments/:id', write, ({ hub, user, audit, params, body }) =>
    changeDepartment(hub, { user, audit }, params.id, body),
  )
  route(app, 'POST /api/departments/:id/archive', write, ({ hub, user, audit, params, body }) =>
    archiveDepartment(hub, { user, audit }, params.id, body.version),
  )
  route(app, 'POST /api/posts', write, ({ hub, user, audit, body }) => createPost(hub, { user, audit }, body))
  route(app, 'PATCH /api/posts/:id', write, ({ hub, user, audit, params, body }) =>
    changePost(hub, { user, audit }, params.id, body),
  )
  route(app, 'POST /api/posts/:id/archive', write, ({ hub, user, audit, params, body }) =>
    archivePost(hub, { user, audit }, params.id, body.version),
  )
}

function addRoles(app: HubApp): void {
  const manage = { permission: 'roles.manage', ownWord: true } as const
  route(app, 'GET /api/permissions', { permission: 'roles.read' }, async () => permissionCatalogue())
  route(app, 'GET /api/roles', { permission: 'roles.read' }, ({ hub }) => listRoles(hub))
  route(app, 'POST /api/roles', manage, ({ hub, user, audit, body }) =>
    createRole(hub, { user, audit }, body),
  )
  route(app, 'PATCH /api/roles/:id', manage, ({ hub, user, audit, params, body }) =>
    renameRole(hub, { user, audit }, params.id, body),
  )
  route(app, 'POST /api/roles/permissions', manage, ({ hub, user, audit, body }) =>
    changePermissions(hub, { user, audit }, body.changes),
  )
  route(app, 'POST /api/roles/:id/archive', manage, ({ hub, user, audit, params, body }) =>
    archiveRole(hub, { user, audit }, params.id, body.version),
  )
}

import { requireWholeProject } from '../../../platform/auth/user.ts'
import { route } from '../../../platform/http/route.ts'
import type { HubApp } from '../../../platform/module.ts'
import { requireEverywhere } from '../everywhere.ts'

const manage = { permission: 'settings.manage' } as const

export function addSettingsRoutes(app: HubApp): void {
  route(app, 'GET /api/settings', manage, ({ hub, user, query }) => {
    if (query.projectId) requireWholeProject(user, query.projectId, manage.permission)
    else requireEverywhere(user, manage.permission)
    return hub.settings.view(query.projectId ?? null)
  })
  route(app, 'PUT /api/settings/:key', manage, ({ hub, user, params, body, audit }) => {
    const { projectId = null, version, values, reset } = body
    if (projectId !== null) requireWholeProject(user, projectId, manage.permission)
    else requireEverywhere(user, manage.permission)
    const change = { projectId, version, values, reset, by: user.displayName, audit }
    return hub.settings.change(params.key, change)
  })
}

/** Templates of printed documents, for people; modules print with platform/print. */
import { requireProject } from '../../platform/auth/user.ts'
import { route } from '../../platform/http/route.ts'
import type { HubModule } from '../../platform/module.ts'
import { printKind } from '../../platform/print/index.ts'
import './permissions.ts'
import {
  changeTemplate,
  listKinds,
  listTemplates,
  previewTemplate,
  readTemplate,
} from './printing.service.ts'

const manage = { permission: 'printTemplates.manage' } as const

export const printingModule: HubModule = {
  name: 'printing',
  routes(app) {
    route(app, 'GET /api/print-kinds', manage, async () => listKinds())
    route(app, 'GET /api/print-templates', manage, ({ hub, user, query }) =>
      listTemplates(hub, user, query.projectId ?? null),
    )
    route(app, 'GET /api/print-templates/:kind', manage, ({ hub, user, params, query }) =>
      readTemplate(hub, user, params.kind, { ...query, projectId: query.projectId ?? null }),
    )
    route(app, 'PUT /api/print-templates/:kind', manage, ({ hub, user, audit, params, body }) =>
      changeTemplate(hub, { user, audit }, params.kind, body),
    )
    route(
      app,
      'POST /api/print-templates/:kind/preview',
      { ...manage, perMinute: 300 },
      async ({ hub, user, params, body, say }) => {
        const { pages, faults } = await previewTemplate(hub, user, params.kind, body)
        return { pages, issues: faults.map(({ path, reason }) => ({ path, reason: say(reason) })) }
      },
    )
    route(app, 'GET /api/print-templates/:kind/records', manage, async ({ hub, user, params, query }) => {
      requireProject(user, query.projectId, manage.permission)
      return printKind(params.kind).records(hub, user, query.projectId, query.q)
    })
  },
}

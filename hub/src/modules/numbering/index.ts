/** How documents are numbered, for people; modules take numbers from platform/numbering. */
import { route } from '../../platform/http/route.ts'
import type { HubModule } from '../../platform/module.ts'
import { changeRule, listRules } from './numbering.service.ts'
import './permissions.ts'

const manage = { permission: 'numbering.manage' } as const

export const numberingModule: HubModule = {
  name: 'numbering',
  routes(app) {
    route(app, 'GET /api/number-rules', manage, ({ hub, user, query }) =>
      listRules(hub, user, query.projectId),
    )
    route(app, 'PUT /api/projects/:id/number-rules/:kind', manage, ({ hub, user, audit, params, body }) =>
      changeRule(hub, { user, audit }, { projectId: params.id, kind: params.kind }, body),
    )
  },
}

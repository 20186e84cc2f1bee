/** The telephone system tells of calls; the agent's screen shows who it is. */
import { route } from '../../platform/http/route.ts'
import type { HubModule } from '../../platform/module.ts'
import { callResource } from './call.resource.ts'
import { extensionOf } from './calls.repository.ts'
import { callBegins, cardOf, noteCall, sitAt } from './calls.service.ts'
import './errors.ts'
import './household-panel.ts'
import './permissions.ts'

const CALL = { permission: 'cti.call' } as const

export const callsModule: HubModule = {
  name: 'calls',
  resources: [callResource],
  routes(app) {
    route(app, 'POST /api/cti/calls', CALL, async ({ hub, user, body, audit }) =>
      callBegins(hub, user, body, audit),
    )
    route(app, 'GET /api/calls/:id/card', CALL, async ({ hub, user, params }) => cardOf(hub, user, params.id))
    route(app, 'PUT /api/calls/:id/note', CALL, async ({ hub, user, params, body, audit }) =>
      noteCall(hub, user, params.id, body.note, audit),
    )
    route(app, 'GET /api/cti/extension', CALL, async ({ hub, user }) => ({
      extension: await extensionOf(hub.db.pool, user.id),
    }))
    route(app, 'PUT /api/cti/extension', CALL, async ({ hub, user, body, audit }) =>
      sitAt(hub, user, body.extension, audit),
    )
  },
}

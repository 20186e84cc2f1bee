import { fail, platformErrors } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { workflowErrors } from '../../platform/workflow/errors.ts'
import { cancelProcess, commentProcess, withdrawProcess } from '../../platform/workflow/process.service.ts'
import { startProcess } from '../../platform/workflow/start-process.ts'
import { findProject } from '../estate/index.ts'
import { candidateNames } from './candidate-names.ts'
import { startableDefinitions } from './definitions.repository.ts'
import { cursorText } from './domain/cursor.ts'
import { mayAdminister, processDetail, summaryOf } from './process-view.ts'
import { listProcesses } from './processes.repository.ts'
import { REQUEST } from './request.subject.ts'
import { cursorOf } from './tasks.routes.ts'

const anyone = { permission: 'signedIn' } as const
const start = { permission: 'workflow.start' } as const

export function addProcessRoutes(app: HubApp): void {
  route(app, 'GET /api/processes', anyone, async ({ hub, user, query }) => {
    const now = hub.clock.now()
    const { cursor, ...filter } = query
    const rows = await listProcesses(hub.db.pool, user, now, { ...filter, after: cursorOf(cursor) })
    const last = rows.length === query.limit ? rows.at(-1) : undefined
    return {
      items: rows.map((row) => summaryOf(row, now)),
      nextCursor: last ? cursorText({ atMs: last.startedAt.getTime(), id: last.id }) : null,
    }
  })
  route(app, 'GET /api/processes/:id', anyone, ({ hub, user, params }) => processDetail(hub, user, params.id))
  route(app, 'POST /api/processes/:id/withdraw', anyone, async ({ hub, user, audit, params, body }) => {
    await processDetail(hub, user, params.id)
    await withdrawProcess(hub, { user, audit }, params.id, body.commandId, body.comment)
    return processDetail(hub, user, params.id)
  })
  route(app, 'POST /api/processes/:id/comments', anyone, async ({ hub, user, audit, params, body }) => {
    await processDetail(hub, user, params.id)
    await commentProcess(hub, { user, audit }, params.id, body)
    return processDetail(hub, user, params.id)
  })
  route(
    app,
    'POST /api/processes/:id/cancel',
    { permission: 'workflow.administer' },
    async ({ hub, user, audit, params, body }) => {
      const process = await processDetail(hub, user, params.id)
      if (!mayAdminister(user, process)) {
        throw fail(platformErrors.forbidden, 'Your role may not do this here', {
          permission: 'workflow.administer',
        })
      }
      await cancelProcess(hub, { user, audit }, params.id, body.commandId, body.comment)
      return processDetail(hub, user, params.id)
    },
  )
  addRequestRoutes(app)
}

function addRequestRoutes(app: HubApp): void {
  route(app, 'GET /api/requests/kinds', start, async ({ hub }) => {
    const kinds = await startableDefinitions(hub.db.pool, REQUEST)
    return Promise.all(
      kinds.map(async (kind) => ({
        ...kind,
        name: kind.content.name,
        names: await candidateNames(hub, kind.content),
      })),
    )
  })
  route(app, 'POST /api/requests', start, async ({ hub, user, audit, body }) => {
    await findProject(hub, user, body.projectId, 'workflow.start')
    const { id, projectId, definition, title, text, amount } = body
    const kinds = await startableDefinitions(hub.db.pool, REQUEST)
    // A definition about something else is begun by its module only
    if (!kinds.some(({ key }) => key === definition)) {
      throw fail(workflowErrors.definitionNotFound, 'There is no such definition', { key: definition })
    }
    await hub.db.transaction((tx) =>
      startProcess(hub, tx, audit, {
        ...{ id, projectId, definition, title, subjectId: id, fields: { text, amount } },
        starter: user,
      }),
    )
    return processDetail(hub, user, id)
  })
}

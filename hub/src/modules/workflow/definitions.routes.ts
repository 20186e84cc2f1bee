import { roleLabel } from '../../platform/auth/role-label.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { knownRoles } from '../../platform/workflow/directory.repository.ts'
import { processSubjects } from '../../platform/workflow/subjects.ts'
import { listDefinitions } from './definitions.repository.ts'
import {
  createDefinition,
  definitionDetail,
  discardDraft,
  faultsOf,
  publishDraft,
  publishedContent,
  retireDefinition,
  saveDraft,
  summaryOf,
} from './definitions.service.ts'

const define = { permission: 'workflow.define' } as const

export function addDefinitionRoutes(app: HubApp): void {
  route(app, 'GET /api/process-definitions', define, async ({ hub }) =>
    (await listDefinitions(hub.db.pool)).map(summaryOf),
  )
  route(app, 'POST /api/process-definitions', define, async ({ hub, user, audit, body, say }) => {
    await createDefinition(hub, { user, audit }, body.key, body.content)
    return definitionDetail(hub, body.key, say)
  })
  route(app, 'POST /api/process-definitions/check', define, async ({ hub, body, say }) =>
    (await faultsOf(hub, body.content)).map(({ step, reason }) => ({ step, reason: say(reason) })),
  )
  route(app, 'GET /api/process-definitions/:key', define, ({ hub, params, say }) =>
    definitionDetail(hub, params.key, say),
  )
  route(app, 'GET /api/process-definitions/:key/versions/:version', define, ({ hub, params }) =>
    publishedContent(hub, params.key, params.version),
  )
  route(
    app,
    'PUT /api/process-definitions/:key',
    define,
    async ({ hub, user, audit, params: { key }, body, say }) => {
      await saveDraft(hub, { user, audit }, key, body.revision, body.content)
      return definitionDetail(hub, key, say)
    },
  )
  route(
    app,
    'POST /api/process-definitions/:key/publish',
    define,
    async ({ hub, user, audit, params: { key }, body, say }) => {
      await publishDraft(hub, { user, audit }, key, body.revision, body.note)
      return definitionDetail(hub, key, say)
    },
  )
  route(
    app,
    'POST /api/process-definitions/:key/discard',
    define,
    async ({ hub, user, audit, params: { key }, body, say }) => {
      await discardDraft(hub, { user, audit }, key, body.revision)
      return definitionDetail(hub, key, say)
    },
  )
  route(
    app,
    'POST /api/process-definitions/:key/retire',
    define,
    async ({ hub, user, audit, params: { key }, body, say }) => {
      await retireDefinition(hub, { user, audit }, key, body.revision, body.retired)
      return definitionDetail(hub, key, say)
    },
  )
  addChoiceRoutes(app)
}

/** What an editor chooses from. */
function addChoiceRoutes(app: HubApp): void {
  route(app, 'GET /api/process-subjects', define, () =>
    Promise.resolve(
      processSubjects().map(({ kind, label, fields, actions = {} }) => ({
        ...{ kind, label: { ...label }, fields: [...fields] },
        actions: Object.entries(actions).map(([name, action]) => ({ name, label: { ...action.label } })),
      })),
    ),
  )
  route(app, 'GET /api/process-roles', define, async ({ hub }) =>
    (await knownRoles(hub.db.pool)).map(({ code, name }) => ({
      code,
      name: { ...roleLabel({ code, name }) },
    })),
  )
}

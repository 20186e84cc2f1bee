import {
  requireProject,
  requireWholeProject,
  hasEverywhere,
  type CurrentUser,
} from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import type { Queryable } from '../../platform/resource/list.repository.ts'
import {
  insertDictionary,
  insertEntry,
  lockEntry,
  selectDictionaries,
  updateDictionary,
  updateEntry,
} from './dictionaries.repository.ts'
import { recordsErrors } from './errors.ts'

const MANAGE = 'dictionaries.manage'
const manage = { permission: MANAGE } as const

export function addDictionaryRoutes(app: HubApp): void {
  route(
    app,
    'GET /api/dictionaries',
    { permission: 'signedIn', forKeys: true },
    async ({ hub, user, query }) => {
      if (query.projectId) requireProject(user, query.projectId)
      return selectDictionaries(hub.db.pool, query.projectId ?? null)
    },
  )
  route(app, 'POST /api/dictionaries', manage, async ({ hub, user, body, audit }) => {
    requirePlace(user, null)
    return hub.db.transaction(async (tx) => {
      if (!(await insertDictionary(tx, body.code, body.label)))
        throw fail(recordsErrors.dictionaryTaken, `There is a dictionary ${body.code} already`)
      await audit(tx, { action: 'dictionary.create', entity: 'dictionary', entityId: body.code, after: body })
      return findDictionary(tx, body.code)
    })
  })
  route(app, 'PUT /api/dictionaries/:code', manage, async ({ hub, user, params, body, audit }) => {
    requirePlace(user, null)
    return hub.db.transaction(async (tx) => {
      const before = await findDictionary(tx, params.code)
      await updateDictionary(tx, params.code, body.label, body.order)
      const after = await findDictionary(tx, params.code)
      await audit(tx, {
        action: 'dictionary.edit',
        entity: 'dictionary',
        entityId: params.code,
        before,
        after,
      })
      return after
    })
  })
  addEntryRoutes(app)
}

function addEntryRoutes(app: HubApp): void {
  route(app, 'POST /api/dictionaries/:code/entries', manage, async ({ hub, user, params, body, audit }) => {
    requirePlace(user, body.projectId)
    return hub.db.transaction(async (tx) => {
      await findDictionary(tx, params.code)
      const entry = await insertEntry(tx, params.code, body)
      if (!entry) throw fail(recordsErrors.entryTaken, `There is an entry ${body.code} already`)
      const change = { entity: 'dictionary', entityId: params.code, projectId: body.projectId }
      await audit(tx, { action: 'dictionary.addEntry', ...change, after: entry })
      return entry
    })
  })
  route(app, 'PUT /api/dictionary-entries/:id', manage, async ({ hub, user, params, body, audit }) =>
    hub.db.transaction(async (tx) => {
      const before = await lockEntry(tx, params.id)
      if (!before) throw fail(recordsErrors.entryNotFound, 'There is no such entry', { id: params.id })
      requirePlace(user, before.projectId)
      const after = await updateEntry(tx, params.id, body)
      const change = { entity: 'dictionary', entityId: before.dictionary, projectId: before.projectId }
      await audit(tx, { action: 'dictionary.editEntry', ...change, before, after })
      return after
    }),
  )
}

/** Entries of a project are kept by whoever keeps the project, all others by whoever keeps the hub. */
function requirePlace(user: CurrentUser, projectId: string | null): void {
  if (projectId !== null) return requireWholeProject(user, projectId, MANAGE)
  if (!hasEverywhere(user, MANAGE))
    throw fail(platformErrors.forbidden, 'This concerns all projects', { permission: MANAGE })
}

async function findDictionary(db: Queryable, code: string) {
  const [found] = await selectDictionaries(db, null, code)
  if (!found) throw fail(recordsErrors.dictionaryNotFound, `There is no dictionary ${code}`)
  return found
}

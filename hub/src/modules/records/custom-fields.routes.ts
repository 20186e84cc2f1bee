import type { CustomField } from '@courtyard/protocols/contract'
import { hasEverywhere, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import type { Resource } from '../../platform/resource/resource.ts'
import {
  deleteCustomField,
  insertCustomField,
  isCustomFieldUsed,
  lockCustomField,
  selectCustomFields,
  updateCustomField,
} from './custom-fields.repository.ts'
import { selectDictionaries } from './dictionaries.repository.ts'
import { recordsErrors } from './errors.ts'

const MANAGE = 'customFields.manage'
const manage = { permission: MANAGE } as const
/** A form with more is a fault of its own; every list evaluates them. */
const MOST_FIELDS = 50

export function addCustomFieldRoutes(app: HubApp): void {
  route(app, 'GET /api/custom-fields', manage, async ({ hub, query }) =>
    selectCustomFields(hub.db.pool, resourceOf(app, query.resource).name),
  )
  route(app, 'POST /api/custom-fields', manage, async ({ hub, user, body, audit }) => {
    requireEverywhere(user)
    resourceOf(app, body.resource)
    checkOptions(body)
    return hub.db.transaction(async (tx) => {
      if (body.kind === 'dictionary') {
        const known = body.dictionary ? await selectDictionaries(tx, null, body.dictionary) : []
        if (known.length === 0)
          throw invalidInput('No dictionary', [
            { path: 'dictionary', reason: { code: 'customField.no_dictionary' } },
          ])
      }
      if ((await selectCustomFields(tx, body.resource)).length >= MOST_FIELDS)
        throw fail(recordsErrors.customFieldsTooMany, 'There are too many fields', { most: MOST_FIELDS })
      const field = await insertCustomField(tx, body)
      if (!field) throw fail(recordsErrors.customFieldTaken, `There is a field ${body.key} already`)
      await audit(tx, {
        action: 'customField.create',
        entity: 'customField',
        entityId: field.id,
        after: field,
      })
      return field
    })
  })
  addChangeRoutes(app)
}

function addChangeRoutes(app: HubApp): void {
  route(app, 'PUT /api/custom-fields/:id', manage, async ({ hub, user, params, body, audit }) => {
    requireEverywhere(user)
    return hub.db.transaction(async (tx) => {
      const before = await lockCustomField(tx, params.id)
      if (!before) throw notFound(params.id)
      if (before.version !== body.version)
        throw fail(recordsErrors.customFieldChanged, 'Somebody has changed this field meanwhile', {
          field: before,
        })
      checkOptions({ ...before, ...body })
      const after = await updateCustomField(tx, params.id, body)
      await audit(tx, {
        action: 'customField.edit',
        entity: 'customField',
        entityId: params.id,
        before,
        after,
      })
      return after
    })
  })
  route(app, 'DELETE /api/custom-fields/:id', manage, async ({ hub, user, params, audit }) => {
    requireEverywhere(user)
    return hub.db.transaction(async (tx) => {
      const before = await lockCustomField(tx, params.id)
      if (!before) throw notFound(params.id)
      if (await isCustomFieldUsed(tx, resourceOf(app, before.resource).table, before.key))
        throw fail(
          recordsErrors.customFieldUsed,
          'Records have values of this field: put it out of use instead',
        )
      await deleteCustomField(tx, params.id)
      await audit(tx, { action: 'customField.remove', entity: 'customField', entityId: params.id, before })
      return { ok: true as const }
    })
  })
}

/** They are seen in all projects. */
function requireEverywhere(user: CurrentUser): void {
  if (!hasEverywhere(user, MANAGE))
    throw fail(platformErrors.forbidden, 'This concerns all projects', { permission: MANAGE })
}

function resourceOf(app: HubApp, name: string): Resource {
  const resource = app.resources.find((one) => one.name === name)
  if (!resource) throw fail(recordsErrors.resourceNotFound, `There is no resource ${name}`)
  return resource
}

function checkOptions({ kind, options }: Pick<CustomField, 'kind' | 'options'>): void {
  if (kind !== 'choice') return
  if (options.length === 0)
    throw invalidInput('No options', [{ path: 'options', reason: { code: 'customField.no_options' } }])
  const values = options.map(({ value }) => value)
  const twice = values.find((value, at) => values.indexOf(value) !== at)
  if (twice === undefined) return
  const reason = { code: 'customField.option_twice', value: twice }
  throw invalidInput('An option stands there twice', [{ path: 'options', reason }])
}

const notFound = (id: string) => fail(recordsErrors.customFieldNotFound, 'There is no such field', { id })

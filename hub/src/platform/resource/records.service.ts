/** What the routes of a resource do, as functions that a module may call itself or put something else in place of. */
import type { BulkResult, ResourceList, ResourceListQuery, ResourceRow } from '@courtyard/protocols/contract'
import type { Selection } from '@courtyard/protocols/contract'
import type * as z from 'zod'
import { hasPermission, requireProject } from '../auth/user.ts'
import { auditAs } from '../audit/audit.ts'
import { fail, platformErrors } from '../errors.ts'
import { say } from '../reasons/reason.ts'
import {
  changeRows,
  inputFault,
  insertRecord,
  lockRows,
  type Decision,
  type How,
  type Refusal,
} from './change.service.ts'
import type { RecordContext } from './context.ts'
import { recordErrors } from './errors.ts'
import type { Field, Values } from './field.ts'
import { fieldOf } from './field.ts'
import {
  COUNT_LIMIT,
  countRows,
  queryOf,
  selectByIds,
  selectIds,
  selectPage,
  sortingOf,
  type Queryable,
  type RawRow,
} from './list.repository.ts'
import { missingOf, readValues } from './read-values.ts'
import type { Resource, ResourceAction } from './resource.ts'
import { recordsOf, valuesOf } from './rows.ts'
import { shapeOf, type Shape } from './shape.ts'
import { selectTitles } from './titles.repository.ts'

/** A page of records and how many there are. @throws AppError `input.invalid`, `project.not_found` */
export async function listRecords(
  context: RecordContext,
  resource: Resource,
  query: ResourceListQuery,
): Promise<ResourceList> {
  const { pool } = context.hub.db
  if (query.projectId) requireProject(context.user, query.projectId, resource.permissions.read)
  const shape = await shapeOf(pool, resource, query.projectId ?? null)
  const sorting = sortingOf(shape, query.sort)
  const wanted = queryOf(shape, context.user, query)
  const [page, count] = await Promise.all([selectPage(pool, wanted, sorting, query), countRows(pool, wanted)])
  return { items: await recordsOf(pool, shape, context.user, page.rows), next: page.next, ...count }
}

/** @throws AppError `record.not_found` when there is none that the person may see */
export async function findRecord(
  context: RecordContext,
  resource: Resource,
  id: string,
): Promise<ResourceRow> {
  const { pool } = context.hub.db
  const shape = await shapeOf(pool, resource, null)
  const [row] = await selectByIds(pool, shape, context.user, [id])
  if (!row) throw notFound(resource, id)
  return (await recordsOf(pool, shape, context.user, [row]))[0]!
}

/** @param input fields, and `projectId` when records lie in projects */
export async function createRecord(
  context: RecordContext,
  resource: Resource,
  input: Readonly<Record<string, unknown>>,
): Promise<ResourceRow> {
  const { db } = context.hub
  const projectId = typeof input.projectId === 'string' ? input.projectId : null
  const id = await db.transaction(async (tx) =>
    insertRecord(tx, context, await shapeOf(tx, resource, projectId), input),
  )
  return findWritten(context, resource, id)
}

/** @throws AppError `record.changed` with the present record when `version` is not the newest */
export async function editRecord(
  context: RecordContext,
  resource: Resource,
  id: string,
  edit: { readonly version: number; readonly values: Readonly<Record<string, unknown>> },
): Promise<ResourceRow> {
  return changeOne(context, resource, id, edit.version, { kind: 'edit', action: 'edit' }, (shape) => {
    const read = readValues(shape, edit.values, 'edit')
    return () => (read.faults.length > 0 ? { faults: read.faults } : { values: read.values })
  })
}

/** Puts a record away, or brings it back. */
export function archiveRecord(
  context: RecordContext,
  resource: Resource,
  id: string,
  version: number,
  kind: 'archive' | 'restore',
): Promise<ResourceRow> {
  return changeOne(context, resource, id, version, { kind, action: kind }, () => () => ({ values: {} }))
}

type Decide = (before: Values, row: RawRow) => Decision

async function changeOne(
  context: RecordContext,
  resource: Resource,
  id: string,
  version: number,
  how: How,
  deciding: (shape: Shape) => Decide,
): Promise<ResourceRow> {
  const conflict = await context.hub.db.transaction(async (tx) => {
    const shape = await shapeOf(tx, resource, await projectOf(tx, context, resource, id))
    const [row] = await lockRows(tx, context, shape, [id])
    if (!row) throw await whyNotWritable(tx, context, shape, id)
    if (row.version !== version) return (await recordsOf(tx, shape, context.user, [row]))[0]!
    const [refusal] = await changeRows(tx, context, shape, how, [row], deciding(shape))
    if (refusal) throw faultOf(refusal)
    return null
  })
  if (conflict) {
    throw fail(recordErrors.changed, 'Somebody has changed this record meanwhile', { record: conflict })
  }
  return findWritten(context, resource, id)
}

/** Entries of dictionaries that belong to the record's project count. */
async function projectOf(
  db: Queryable,
  { user }: RecordContext,
  resource: Resource,
  id: string,
): Promise<string | null> {
  const plain: Shape = { resource, fields: [], choosable: new Map() }
  const [row] = await selectByIds(db, plain, user, [id])
  return row?.project_id ?? null
}

function faultOf({ faults }: Refusal) {
  const [first] = faults
  if (first?.field === '' && first.reason.code === 'record.archived') {
    return fail(recordErrors.archived, 'The record is put away; bring it back first', {
      reason: first.reason,
    })
  }
  if (first?.field === '') return fail(recordErrors.refused, 'That is refused', { reason: first.reason })
  return inputFault(faults)
}

/** Not to be seen is like not being there; to be seen but not changed is a matter of rights. */
async function whyNotWritable(db: Queryable, context: RecordContext, shape: Shape, id: string) {
  const [row] = await selectByIds(db, shape, context.user, [id])
  return row
    ? fail(recordErrors.outsideScope, 'You may see this record, not change it')
    : notFound(shape.resource, id)
}

function notFound(resource: Resource, id: string) {
  return fail(recordErrors.notFound, `There is no such ${resource.label.en.toLowerCase()}`, { id })
}

/** After a write: somebody may be allowed to write what they may not read. */
async function findWritten(context: RecordContext, resource: Resource, id: string): Promise<ResourceRow> {
  const { pool } = context.hub.db
  const shape = await shapeOf(pool, resource, null)
  const permission = hasPermission(context.user, resource.permissions.read)
    ? resource.permissions.read
    : resource.permissions.write
  const [row] = await selectByIds(pool, shape, context.user, [id], { permission })
  if (!row) throw notFound(resource, id)
  return (await recordsOf(pool, shape, context.user, [row]))[0]!
}

const BULK_LIMIT = 10_000
const BULK_CHUNK = 500

/** Edits, archives, restores or acts on many: some hundred per transaction, refused ones are told one by one. */
export async function changeMany(
  context: RecordContext,
  resource: Resource,
  bulk: { readonly action: string; readonly selection: z.infer<typeof Selection>; readonly values: object },
): Promise<z.infer<typeof BulkResult>> {
  const { pool } = context.hub.db
  const listed = 'list' in bulk.selection ? bulk.selection.list : null
  const shape = await shapeOf(pool, resource, listed?.projectId ?? null)
  const planned = planOf(shape, bulk.action, bulk.values as Record<string, unknown>)
  if (!hasPermission(context.user, planned.permission)) {
    throw fail(platformErrors.forbidden, 'Your role may not do this', { permission: planned.permission })
  }
  const ids =
    'ids' in bulk.selection
      ? [...new Set(bulk.selection.ids)]
      : await selectIds(pool, queryOf(shape, context.user, { ...listed }, planned.permission), BULK_LIMIT)
  const refused: Refusal[] = []
  for (let at = 0; at < ids.length; at += BULK_CHUNK) {
    refused.push(...(await changeChunk(context, shape, planned, ids.slice(at, at + BULK_CHUNK))))
  }
  return { done: ids.length - refused.length, refused: await toldOf(context, shape, refused) }
}

function changeChunk(
  context: RecordContext,
  shape: Shape,
  { how, decide, permission }: Plan,
  ids: readonly string[],
): Promise<Refusal[]> {
  return context.hub.db.transaction(async (tx) => {
    const rows = await lockRows(tx, context, shape, ids, permission)
    const found = new Set(rows.map(({ id }) => id))
    const gone = ids
      .filter((id) => !found.has(id))
      .map((id) => ({ id, faults: [{ field: '', reason: { code: 'record.gone' } }] }))
    return [...gone, ...(await changeRows(tx, context, shape, how, rows, decide))]
  })
}

interface Plan {
  readonly how: How
  readonly permission: string
  readonly decide: Decide
}

function planOf(shape: Shape, action: string, input: Record<string, unknown>): Plan {
  const permission = shape.resource.permissions.write
  if (action === 'archive' || action === 'restore')
    return { how: { kind: action, action }, permission, decide: () => ({ values: {} }) }
  if (action === 'edit') {
    const { values, faults } = readValues(shape, input, 'edit')
    if (faults.length > 0) throw inputFault(faults)
    return { how: { kind: 'edit', action }, permission, decide: () => ({ values }) }
  }
  const own = Object.hasOwn(shape.resource.actions ?? {}, action)
    ? shape.resource.actions![action]
    : undefined
  if (!own) throw fail(recordErrors.unknownAction, `There is no action ${action}`)
  return actionPlan(shape, action, own, input)
}

function actionPlan(
  shape: Shape,
  name: string,
  action: ResourceAction,
  input: Record<string, unknown>,
): Plan {
  const asked: Shape = { ...shape, fields: fieldsOfAction(action) }
  const { values, faults } = readValues(asked, input, 'edit')
  const wrong = new Set(faults.map(({ field }) => field))
  const all = [...faults, ...missingOf(asked, values).filter(({ field }) => !wrong.has(field))]
  if (all.length > 0) throw inputFault(all)
  const at = new Date()
  return {
    how: { kind: 'edit', action: name },
    permission: action.permission ?? shape.resource.permissions.write,
    decide: (before) => {
      const decided = action.decide(before, values, at)
      return isRefused(decided) ? { faults: [{ field: '', reason: decided.refused }] } : { values: decided }
    },
  }
}

type Decided = ReturnType<ResourceAction['decide']>
const isRefused = (decided: Decided): decided is Extract<Decided, { refused: object }> =>
  typeof decided.refused === 'object' && decided.refused !== null && 'code' in decided.refused

export function fieldsOfAction(action: ResourceAction): Field[] {
  return Object.entries(action.fields ?? {}).map(([name, declared]) => fieldOf(name, declared))
}

async function toldOf(context: RecordContext, shape: Shape, refused: readonly Refusal[]) {
  const { pool } = context.hub.db
  const titles = await selectTitles(
    pool,
    shape.resource,
    context.user,
    refused.map(({ id }) => id),
  )
  const label = (name: string) => shape.fields.find((field) => field.name === name)?.label[context.language]
  return refused.map(({ id, faults }) => ({
    id,
    title: titles.get(id) ?? '',
    reason: faults
      .map(({ field, reason }) => [label(field), say(reason, context.language)].filter(Boolean).join(': '))
      .join('; '),
  }))
}

/** A masked field whole; that somebody looked is written down. @throws AppError `auth.forbidden` */
export async function revealField(
  context: RecordContext,
  resource: Resource,
  id: string,
  name: string,
): Promise<string | null> {
  return context.hub.db.transaction(async (tx) => {
    const shape = await shapeOf(tx, resource, null)
    const [row] = await selectByIds(tx, shape, context.user, [id])
    if (!row) throw notFound(resource, id)
    const field = shape.fields.find((one) => one.name === name)
    if (!field?.sensitive) throw inputFault([{ field: 'field', reason: { code: 'import.unknown_field' } }])
    if (!row.sees_sensitive) {
      throw fail(platformErrors.forbidden, 'Your role may not see this field whole', { field: name })
    }
    await auditAs(context.actor)(tx, {
      action: `${resource.name}.reveal`,
      entity: resource.name,
      entityId: id,
      projectId: row.project_id,
      after: { field: name },
    })
    return valuesOf(shape, row)[name] as string | null
  })
}

export { COUNT_LIMIT }

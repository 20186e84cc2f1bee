/**
 * Making and changing records: one way for a form, a bulk action and a module's own code. Rows are locked, rules asked,
 * stored by one statement, written into the audit trail, all in the caller's transaction.
 */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { auditManyAs } from '../audit/audit-many.ts'
import { projectNotFound, inScope } from '../auth/user.ts'
import { fail, invalidInput } from '../errors.ts'
import { attachmentSource } from './attachment-source.ts'
import type { RecordContext } from './context.ts'
import { recordErrors } from './errors.ts'
import type { Values } from './field.ts'
import { checkLinks } from './links-check.ts'
import { selectByIds, type Queryable, type RawRow } from './list.repository.ts'
import { changedNames, missingOf, readValues, withDefaults, type Read } from './read-values.ts'
import type { RecordReason } from './reasons.ts'
import { emitRecordEvents } from './record-events.ts'
import type { ChangeKind, Fault, RecordChange, Resource } from './resource.ts'
import { withNumbers } from './numbers.ts'
import { isHidden, masked, valuesOf } from './rows.ts'
import type { Shape } from './shape.ts'
import { insertRows, projectColumn, updateRows, withDatabaseFaults } from './write.repository.ts'

/**
 * @param input fields, and `projectId` when records lie in projects
 * @returns id of the record
 * @throws AppError `input.invalid`, `record.taken`, `project.not_found`, `record.outside_scope`
 */
export async function insertRecord(
  tx: pg.ClientBase,
  context: RecordContext,
  shape: Shape,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { resource } = shape
  const { projectId: given, ...fields } = input
  const projectId = projectOf(context, resource, given)
  const read = readValues(shape, fields, 'create')
  const { after, faults } = await newValues(tx, context, shape, projectId, read)
  if (faults.length > 0) throw inputFault(faults)
  const id = randomUUID()
  await insertMany(tx, context, shape, 'create', [{ id, projectId, after }])
  return id
}

/** Values of a new record, defaults filled in, and what is wrong with them. */
async function newValues(
  tx: Queryable,
  { user }: RecordContext,
  shape: Shape,
  projectId: string | null,
  read: Read,
): Promise<{ after: Values; faults: Fault[] }> {
  const after = withDefaults(shape, read.values)
  const own = ownFaults(shape, read, after)
  const linked = await checkLinks(tx, shape, user, [{ projectId, after, changed: Object.keys(after) }])
  return { after, faults: [...own, ...linked[0]!] }
}

/** Faults of a new record that are found without the database. */
export function ownFaults(shape: Shape, read: Read, after: Values): Fault[] {
  const wrong = new Set(read.faults.map(({ field }) => field))
  const missing = missingOf(shape, after).filter(({ field }) => !wrong.has(field))
  // Rules over several fields make sense only when each of them does
  const rules =
    read.faults.length + missing.length > 0
      ? []
      : shape.resource.hooks?.check?.(after, { before: null, kind: 'create' })
  return [...read.faults, ...missing, ...(rules ?? [])]
}

export interface NewRecord {
  readonly id: string
  readonly projectId: string | null
  readonly after: Values
}

/** Stores records that have been checked. @param action name in the audit trail */
export async function insertMany(
  tx: pg.ClientBase,
  context: RecordContext,
  shape: Shape,
  action: string,
  records: readonly NewRecord[],
): Promise<void> {
  const { resource } = shape
  const { user } = context
  const numbered = await withNumbers(tx, context, shape, records)
  const asked = numbered.map((record): RecordChange => ({ kind: 'create', before: null, user, ...record }))
  const changes = await asStored(tx, context, resource, asked)
  const rows = changes.map(({ id, projectId, after }) => ({
    id,
    projectId,
    departmentId: user.departmentId,
    values: after,
  }))
  await withDatabaseFaults(resource, () => insertRows(tx, shape, user.id, rows))
  await finish(tx, context, shape, changes, action)
}

/** Changes with what the hooks add to them. */
async function asStored(
  tx: pg.ClientBase,
  context: RecordContext,
  { hooks }: Resource,
  asked: readonly RecordChange[],
): Promise<RecordChange[]> {
  const prepared = await hooks?.prepare?.(tx, context, asked)
  const changes: RecordChange[] = []
  for (const [at, one] of asked.entries()) {
    const change = prepared ? { ...one, after: { ...one.after, ...prepared[at] } } : one
    const more = await hooks?.beforeSave?.(tx, change)
    changes.push(more ? { ...change, after: { ...change.after, ...more } } : change)
  }
  return changes
}

function projectOf(context: RecordContext, resource: Resource, given: unknown): string | null {
  if (projectColumn(resource) === null) return null
  if (typeof given !== 'string' || !/^[0-9a-f-]{36}$/i.test(given))
    throw inputFault([{ field: 'projectId', reason: { code: 'input.missing' } }])
  if (!inScope(context.user, given, resource.permissions.write)) throw projectNotFound(given)
  return given
}

/** What becomes of a record: further values, or why not. */
export type Decision = { readonly values: Values } | { readonly faults: readonly Fault[] }
export interface Refusal {
  readonly id: string
  readonly faults: readonly Fault[]
}

/** Rows that the person may change, locked until the transaction ends. */
export function lockRows(
  tx: pg.ClientBase,
  context: RecordContext,
  shape: Shape,
  ids: readonly string[],
  permission = shape.resource.permissions.write,
): Promise<RawRow[]> {
  return selectByIds(tx, shape, context.user, ids, { permission, lock: true })
}

export type How = { readonly kind: ChangeKind; readonly action: string }
export interface PlannedChange {
  readonly row: RawRow
  readonly change: RecordChange
}

/**
 * Changes locked rows by what is decided for each; those that are refused stay as they are.
 * @param how `action`: name in the audit trail, `edit`, `archive`, `claim`
 */
export async function changeRows(
  tx: pg.ClientBase,
  context: RecordContext,
  shape: Shape,
  how: How,
  rows: readonly RawRow[],
  decide: (before: Values, row: RawRow) => Decision,
): Promise<Refusal[]> {
  const { planned, refused } = await planChanges(tx, context, shape, how.kind, rows, decide)
  await storeChanges(tx, context, shape, how, planned)
  return refused
}

/** What would become of the rows, and which of them may not change like that. Stores nothing. */
export async function planChanges(
  db: Queryable,
  context: RecordContext,
  shape: Shape,
  kind: ChangeKind,
  rows: readonly RawRow[],
  decide: (before: Values, row: RawRow) => Decision,
): Promise<{ planned: PlannedChange[]; refused: Refusal[] }> {
  const refused: Refusal[] = []
  const planned: PlannedChange[] = []
  for (const row of rows) {
    const before = valuesOf(shape, row)
    const decided = decideFor(shape, kind, row, before, decide)
    if ('faults' in decided) refused.push({ id: row.id, faults: decided.faults })
    else {
      const after = { ...before, ...decided.values }
      const { id, project_id: projectId } = row
      planned.push({ row, change: { kind, id, projectId, before, after, user: context.user } })
    }
  }
  const linking = planned.map(({ change: { projectId, before, after } }) => ({
    projectId,
    after,
    changed: changedNames(before, after),
  }))
  const faults = await checkLinks(db, shape, context.user, linking)
  for (const [at, { row }] of planned.entries())
    if (faults[at]!.length > 0) refused.push({ id: row.id, faults: faults[at]! })
  return { planned: planned.filter((_, at) => faults[at]!.length === 0), refused }
}

/** An edit that changes nothing leaves no trace. */
export async function storeChanges(
  tx: pg.ClientBase,
  context: RecordContext,
  shape: Shape,
  how: How,
  planned: readonly PlannedChange[],
): Promise<void> {
  const changing = planned.filter(
    ({ change: { before, after } }) => how.kind !== 'edit' || changedNames(before, after).length > 0,
  )
  await store(tx, context, shape, how, shape.resource, changing)
}

function decideFor(
  shape: Shape,
  kind: ChangeKind,
  row: RawRow,
  before: Values,
  decide: (before: Values, row: RawRow) => Decision,
): Decision {
  const isArchived = row.archived_at !== null
  if (isArchived && kind !== 'restore') return refuse({ code: 'record.archived' })
  if (!isArchived && kind === 'restore') return refuse({ code: 'record.not_archived' })
  const decided = decide(before, row)
  if ('faults' in decided) return decided
  const values = withoutMasks(shape, row, before, decided.values)
  const after = { ...before, ...values }
  const faults = [
    ...missingOf(shape, after, Object.keys(values)),
    ...(shape.resource.hooks?.check?.(after, { before, kind }) ?? []),
  ]
  return faults.length > 0 ? { faults } : { values }
}

/** A masked field that comes back as it was shown has not been touched. */
function withoutMasks(shape: Shape, row: RawRow, before: Values, given: Values): Values {
  const untouched = shape.fields
    .filter((field) => isHidden(field, row.sees_sensitive))
    .filter((field) => given[field.name] === masked(field, before[field.name] ?? null))
    .map(({ name }) => name)
  return Object.fromEntries(Object.entries(given).filter(([name]) => !untouched.includes(name)))
}

const refuse = (reason: RecordReason): Decision => ({ faults: [{ field: '', reason }] })

async function store(
  tx: pg.ClientBase,
  context: RecordContext,
  shape: Shape,
  { kind, action }: How,
  resource: Resource,
  planned: readonly PlannedChange[],
): Promise<void> {
  if (planned.length === 0) return
  const changes = await asStored(
    tx,
    context,
    resource,
    planned.map(({ change }) => change),
  )
  const names = new Set(changes.flatMap(({ before, after }) => changedNames(before, after)))
  const rows = changes.map(({ id, after }, at) => ({ id, after, custom: planned[at]!.row.custom }))
  const archived = kind === 'archive' ? true : kind === 'restore' ? false : undefined
  await withDatabaseFaults(resource, () => updateRows(tx, shape, context.user.id, rows, names, archived))
  await finish(tx, context, shape, changes, action)
}

/** What every change ends with: still in scope, files moved, audited, the module told. */
async function finish(
  tx: pg.ClientBase,
  context: RecordContext,
  shape: Shape,
  changes: readonly RecordChange[],
  action: string = changes[0]!.kind,
): Promise<void> {
  const { resource } = shape
  const ids = changes.map(({ id }) => id)
  const mine = await selectByIds(tx, shape, context.user, ids, { permission: resource.permissions.write })
  if (mine.length < ids.length)
    throw fail(recordErrors.outsideScope, 'That would lie outside of what you may change')
  for (const change of changes) await moveFiles(tx, shape, change)
  await auditManyAs(context.actor)(
    tx,
    changes.map((change) => ({
      action: `${resource.name}.${action}`,
      entity: resource.name,
      entityId: change.id,
      projectId: change.projectId,
      ...auditedOf(shape, change),
    })),
  )
  await emitRecordEvents(
    tx,
    context.hub.clock.now(),
    resource,
    changes.map(({ kind, id, projectId, before, after }) => {
      return { kind, id, projectId, action, fields: changedNames(before, after) }
    }),
  )
  if (resource.hooks?.afterSave) for (const change of changes) await resource.hooks.afterSave(tx, change)
}

/** Files that are named now belong to the record; those that are not named any more are let go. */
async function moveFiles(tx: pg.ClientBase, shape: Shape, change: RecordChange): Promise<void> {
  const { id: recordId, projectId, user } = change
  for (const field of shape.fields) {
    if (field.kind !== 'attachments') continue
    const before = (change.before?.[field.name] ?? []) as readonly string[]
    const after = (change.after[field.name] ?? []) as readonly string[]
    const added = after.filter((id) => !before.includes(id))
    const gone = before.filter((id) => !after.includes(id))
    if (added.length + gone.length === 0) continue
    const source = attachmentSource()
    if (!source) throw inputFault([{ field: field.name, reason: { code: 'record.read_only' } }])
    const place = { resource: shape.resource.name, recordId, projectId, field: field.name }
    if (added.length > 0) await source.claim(tx, user, place, added)
    if (gone.length > 0) await source.release(tx, place, gone)
  }
}

/** Changed fields before and after; phone and identity numbers only masked, so that the trail gives nothing away. */
export function auditedOf(
  shape: Shape,
  { before, after }: Pick<RecordChange, 'before' | 'after'>,
): { before: Values | null; after: Values } {
  const names = changedNames(before, after)
  const part = (values: Values) =>
    Object.fromEntries(
      shape.fields
        .filter(({ name }) => names.includes(name))
        .map((field) => {
          const value = values[field.name] ?? null
          return [field.name, field.sensitive ? masked(field, value) : value]
        }),
    )
  return { before: before && part(before), after: part(after) }
}

/** The first faults of an input as the error of a request. */
export function inputFault(faults: readonly Fault[]) {
  return invalidInput(
    'The input is not valid',
    faults.map(({ field, reason }) => ({ path: field, reason })),
  )
}

/** Cells of a batch of rows as values of records: texts of references looked up, existing records found. */
import { randomUUID } from 'node:crypto'
import type { ImportPlan } from '@courtyard/protocols/contract'
import { ownFaults, planChanges, type NewRecord, type PlannedChange } from '../change.service.ts'
import type { CellContext } from '../cell-text.ts'
import type { RecordContext } from '../context.ts'
import type { Field, FieldValue, Values } from '../field.ts'
import { rulesOf } from '../kinds.ts'
import { checkLinks } from '../links-check.ts'
import { selectByIds, type Queryable } from '../list.repository.ts'
import { readValues, withDefaults } from '../read-values.ts'
import type { RecordReason } from '../reasons.ts'
import { resourceNamed, type Fault } from '../resource.ts'
import { masked } from '../rows.ts'
import type { Shape } from '../shape.ts'
import { selectByTitle } from '../titles.repository.ts'
import { columnType } from '../write.repository.ts'
import { selectByKeys, type CellFault, type CellRow, type Fate, type RowFate } from './import.repository.ts'

export interface ImportJob {
  readonly context: RecordContext
  readonly shape: Shape
  readonly projectId: string | null
  readonly columns: readonly string[]
  readonly plan: ImportPlan
  readonly cells: CellContext
  /** First row of each key in the file. */
  readonly keys: Map<string, number>
  /** Per resource: ids by text. */
  readonly titles: Map<string, Map<string, string[]>>
  /** Of the resource's own rules over rows. */
  readonly memory: Map<string, unknown>
}

export interface Understood {
  readonly fates: RowFate[]
  readonly created: NewRecord[]
  readonly updated: PlannedChange[]
}

interface Row {
  readonly row: number
  readonly texts: ReadonlyMap<string, string>
  values: Values
  faults: Fault[]
  fate: Fate
  recordId: string | null
  before: Values | null
}

/** Pure but for what it looks up; stores nothing. */
export async function understand(
  db: Queryable,
  job: ImportJob,
  batch: readonly CellRow[],
): Promise<Understood> {
  const rows = batch.map(({ row, cells }) => rowOf(job, row, cells))
  await lookUpTitles(db, job, rows)
  for (const row of rows) readRow(job, row)
  if (job.shape.resource.importing) await recognise(db, job, rows)
  else {
    refuseTwins(job, rows)
    await findExisting(db, job, rows)
  }
  const updated = await planUpdates(db, job, rows)
  const created = await planNew(db, job, rows)
  const bad = await checkTogether(db, job, rows, updated, created)
  return {
    fates: rows.map((row) => fateOf(job, row)),
    created: created.filter(({ id }) => !bad.has(id)),
    updated: updated.filter(({ row }) => !bad.has(row.id)),
  }
}

async function recognise(db: Queryable, job: ImportJob, rows: readonly Row[]): Promise<void> {
  const read = rows.filter(({ fate }) => fate !== 'bad')
  const found = await job.shape.resource.importing!.recognise(db, job, read)
  for (const [at, row] of read.entries()) {
    const id = found[at] ?? null
    if (id !== null) asExisting(job, row, id)
  }
}

/** The resource's rules over rows, records and rows above. @returns ids of the records of rows that are bad by them */
async function checkTogether(
  db: Queryable,
  job: ImportJob,
  rows: readonly Row[],
  updated: readonly PlannedChange[],
  created: readonly NewRecord[],
): Promise<Set<string>> {
  const { importing } = job.shape.resource
  if (!importing) return new Set()
  const byId = new Map(rows.map((row) => [row.recordId, row]))
  const afters = [...updated.map(({ change }) => change), ...created]
  const imported = afters
    .map(({ id, after }) => ({ id, after, row: byId.get(id)!.row, before: byId.get(id)!.before }))
    .sort((a, b) => a.row - b.row)
  const faults = await importing.check(db, job, imported, job.memory)
  const bad = imported.filter((_, at) => faults[at]!.length > 0).map(({ id }) => id)
  for (const [at, { id }] of imported.entries()) {
    const row = byId.get(id)!
    row.faults.push(...faults[at]!)
    if (row.faults.length > 0) row.fate = 'bad'
  }
  return new Set(bad)
}

/** Mapped cells that are not empty, by field. */
function rowOf({ columns, plan }: ImportJob, row: number, cells: readonly string[]): Row {
  const texts = new Map<string, string>()
  for (const [at, column] of columns.entries()) {
    const name = plan.mapping[column]
    const text = cells[at]?.trim() ?? ''
    if (name && text !== '') texts.set(name, text)
  }
  return { row, texts, values: {}, faults: [], fate: 'create', recordId: null, before: null }
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

async function lookUpTitles(db: Queryable, job: ImportJob, rows: readonly Row[]): Promise<void> {
  for (const field of job.shape.fields.filter(({ kind }) => kind === 'reference')) {
    const target = resourceNamed(field.resource!)
    const known = job.titles.get(target.name) ?? new Map<string, string[]>()
    job.titles.set(target.name, known)
    const texts = new Set(rows.flatMap(({ texts }) => texts.get(field.name) ?? []))
    const wanted = [...texts].filter((text) => !known.has(text) && !uuidForm.test(text))
    if (wanted.length === 0) continue
    const found = await selectByTitle(db, target, job.context.user, job.projectId, wanted)
    for (const text of wanted) known.set(text, found.get(text) ?? [])
  }
}

function readRow(job: ImportJob, row: Row): void {
  const given: Record<string, FieldValue> = {}
  for (const field of job.shape.fields) {
    const text = row.texts.get(field.name)
    if (text === undefined) continue
    const read =
      field.kind === 'reference'
        ? referenceOf(job, field, text)
        : rulesOf(field).fromCell(text, field, job.cells)
    if ('fault' in read) row.faults.push({ field: field.name, reason: read.fault })
    else given[field.name] = read.value
  }
  const { values, faults } = readValues(job.shape, given, 'create')
  row.values = values
  row.faults.push(...faults)
  if (row.faults.length > 0) row.fate = 'bad'
}

function referenceOf(
  job: ImportJob,
  field: Field,
  text: string,
): { value: string } | { fault: RecordReason } {
  if (uuidForm.test(text)) return { value: text.toLowerCase() }
  const { label } = resourceNamed(field.resource!)
  const [id, ...more] = job.titles.get(field.resource!)?.get(text) ?? []
  if (!id) return { fault: { code: 'record.no_such_reference', label } }
  return more.length > 0 ? { fault: { code: 'record.reference_twice', label } } : { value: id }
}

/** Null when the row does not give the whole key. */
function keyOf({ shape }: ImportJob, { values }: Row): FieldValue[] | null {
  const key = (shape.resource.uniqueKey ?? []).map((name) => values[name] ?? null)
  return key.length === 0 || key.includes(null) ? null : key
}

function refuseTwins(job: ImportJob, rows: readonly Row[]): void {
  for (const row of rows) {
    const key = keyOf(job, row)
    if (!key) continue
    const text = JSON.stringify(key)
    const first = job.keys.get(text)
    if (first === undefined) job.keys.set(text, row.row)
    else if (first !== row.row) refuse(job, row, { code: 'record.row_twice', row: first })
  }
}

/** At the cells of the key, or at the row as a whole. */
function refuse({ shape }: ImportJob, row: Row, reason: RecordReason): void {
  row.fate = 'bad'
  row.faults.push({ field: shape.resource.uniqueKey?.[0] ?? '', reason })
}

async function findExisting(db: Queryable, job: ImportJob, rows: readonly Row[]): Promise<void> {
  const { shape, projectId } = job
  const { resource } = shape
  const wanted = rows.flatMap((row, at) => {
    const key = row.fate === 'bad' ? null : keyOf(job, row)
    return key ? [{ at, values: key as (string | number | boolean | null)[] }] : []
  })
  if (wanted.length === 0) return
  const keys = resource.uniqueKey!.map((name) => {
    const field = shape.fields.find((one) => one.name === name)!
    return { sql: field.sql, type: columnType(field) }
  })
  const project = resource.scope.project && projectId ? { sql: resource.scope.project, id: projectId } : null
  for (const { at, id } of await selectByKeys(db, resource.table, project, keys, wanted)) {
    asExisting(job, rows[at]!, id)
  }
}

function asExisting(job: ImportJob, row: Row, id: string): void {
  const { onExisting } = job.plan
  row.recordId = id
  if (onExisting === 'refuse') refuse(job, row, { code: 'import.exists' })
  else row.fate = onExisting === 'skip' ? 'skip' : 'update'
}

async function planUpdates(db: Queryable, job: ImportJob, rows: readonly Row[]): Promise<PlannedChange[]> {
  const { context, shape } = job
  const updates = new Map(rows.filter(({ fate }) => fate === 'update').map((row) => [row.recordId!, row]))
  if (updates.size === 0) return []
  const permission = shape.resource.permissions.write
  const found = await selectByIds(db, shape, context.user, [...updates.keys()], { permission })
  const writable = new Set(found.filter((one) => one.archived_at === null).map(({ id }) => id))
  for (const [id, row] of updates)
    if (!writable.has(id)) refuse(job, row, { code: 'import.exists_elsewhere' })
  const usable = found.filter(({ id }) => writable.has(id))
  const { planned, refused } = await planChanges(db, context, shape, 'edit', usable, (_, { id }) => ({
    values: withoutFixed(shape, updates.get(id)!.values),
  }))
  for (const { id, faults } of refused) {
    const row = updates.get(id)!
    row.fate = 'bad'
    row.faults.push(...faults)
  }
  for (const { row, change } of planned) updates.get(row.id)!.before = change.before
  return planned
}

/** What is written once belongs to the key, or stays as it is. */
function withoutFixed(shape: Shape, values: Values): Values {
  const fixed = new Set(shape.fields.filter(({ createOnly }) => createOnly).map(({ name }) => name))
  return Object.fromEntries(Object.entries(values).filter(([name]) => !fixed.has(name)))
}

async function planNew(db: Queryable, job: ImportJob, rows: readonly Row[]): Promise<NewRecord[]> {
  const { context, shape, projectId } = job
  const fresh = rows
    .filter(({ fate }) => fate === 'create')
    .map((row) => ({ row, after: withDefaults(shape, row.values) }))
  for (const { row, after } of fresh)
    row.faults.push(...ownFaults(shape, { values: row.values, faults: [] }, after))
  const linking = fresh.map(({ after }) => ({ projectId, after, changed: Object.keys(after) }))
  const linked = await checkLinks(db, shape, context.user, linking)
  const good: NewRecord[] = []
  for (const [at, { row, after }] of fresh.entries()) {
    row.faults.push(...linked[at]!)
    if (row.faults.length > 0) row.fate = 'bad'
    else {
      row.recordId = randomUUID()
      good.push({ id: row.recordId, projectId, after })
    }
  }
  return good
}

function fateOf(job: ImportJob, row: Row): RowFate {
  const columnOf = (field: string) => job.columns.find((column) => job.plan.mapping[column] === field)
  const faults = row.faults.map(({ field, reason }): CellFault => {
    const declared = job.shape.fields.find(({ name }) => name === field)
    const cell = (row.texts.get(field) ?? '').slice(0, 200)
    return {
      column: columnOf(field) ?? declared?.label[job.cells.language] ?? '',
      // Kept for weeks and shown to whoever may import: row and column say enough
      cell: declared?.sensitive ? String(masked(declared, cell)) : cell,
      reason,
    }
  })
  const { fate, recordId, before } = row
  return { row: row.row, fate, recordId: fate === 'bad' ? null : recordId, before, faults }
}

/** A file of records: taken in, checked without a trace, stored in one transaction, taken back. */
import { randomUUID } from 'node:crypto'
import type { ImportFault, ImportPlan, ResourceImport } from '@courtyard/protocols/contract'
import { auditAs } from '../../audit/audit.ts'
import { hasPermission, inScope, projectNotFound } from '../../auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../errors.ts'
import { say } from '../../reasons/reason.ts'
import type { RecordContext } from '../context.ts'
import { recordErrors } from '../errors.ts'
import { resourceNamed, type Resource } from '../resource.ts'
import { masked } from '../rows.ts'
import { shapeOf, type Shape } from '../shape.ts'
import { readSheet, sheetLimits } from '../sheet/read-sheet.ts'
import { SheetFault } from '../sheet/sheet-fault.ts'
import { mayInWhole } from '../visible.ts'
import {
  copyCells,
  countChangedSince,
  findImport,
  hasCells,
  insertImport,
  moveImport,
  noteBeginner,
  selectFaults,
  selectImports,
  updateImport,
  type ImportRow,
  type ImportState,
} from './import.repository.ts'
import { columnNames, guessMapping, planFaults } from './plan.ts'

/** Name of the job that checks, stores and takes back. */
export const IMPORT_JOB = 'records.import'
const SAMPLES = 3

/**
 * Keeps the cells of a file; the mapping is guessed.
 * @throws AppError `import.file_unreadable`, `input.too_large`, `auth.part_of_project`
 */
export async function takeFile(
  context: RecordContext,
  resource: Resource,
  file: { readonly bytes: Buffer; readonly name: string; readonly projectId: string | null },
): Promise<ResourceImport> {
  requireWhole(context, resource, file.projectId)
  if (file.bytes.length > sheetLimits.fileBytes)
    throw fail(platformErrors.tooLarge, 'The file is too big', { mostBytes: sheetLimits.fileBytes })
  const id = randomUUID()
  const { db } = context.hub
  const shape = await shapeOf(db.pool, resource, file.projectId)
  try {
    await db.transaction(async (tx) => {
      const { user, language } = context
      const { projectId, name: fileName } = file
      const owner = { createdBy: user.id, creator: user.displayName || user.username }
      await insertImport(tx, { id, resource: resource.name, projectId, fileName, language, ...owner })
      const head: { names: string[]; samples: string[][] } = { names: [], samples: [] }
      const rows = await copyCells(tx, id, rowsBelow(file.bytes, head))
      const mapping = guessMapping(head.names, shape)
      const columns = head.names.map((name, at) => {
        const samples = head.samples.flatMap((row) => row[at]?.slice(0, 60) || [])
        return { name, samples: asShown(shape, mapping[name], samples) }
      })
      const plan: ImportPlan = { mapping, onExisting: 'refuse', badRows: 'allOrNothing' }
      await updateImport(tx, id, { rows, columns, plan })
      await auditAs(context.actor)(
        tx,
        auditedImport('upload', { id, resource: resource.name, projectId }, { fileName, rows }),
      )
    })
  } catch (error) {
    if (error instanceof SheetFault) throw unreadable(error.message)
    throw error
  }
  return findOne(context, id)
}

/** Samples stay with the import and are seen by whoever may import: of a phone enough to know the column by. */
function asShown(shape: Shape, name: string | undefined, samples: string[]): string[] {
  const field = shape.fields.find((one) => one.name === name)
  return field?.sensitive ? samples.map((sample) => String(masked(field, sample))) : samples
}

/** Rows under the head that are not empty, numbered as the spreadsheet does; fills in `head` on the way. */
async function* rowsBelow(bytes: Buffer, head: { names: string[]; samples: string[][] }) {
  let row = 0
  for await (const cells of readSheet(bytes)) {
    row++
    if (cells.every((cell) => cell.trim() === '')) continue
    if (head.names.length === 0) {
      head.names = columnNames(cells)
      continue
    }
    if (head.samples.length < SAMPLES) head.samples.push(cells)
    // NUL is the one character that PostgreSQL does not keep
    yield { row, cells: cells.map((cell) => cell.replaceAll('\0', '').toWellFormed()) }
  }
  if (head.names.length === 0) throw invalidFile({ code: 'import.empty' })
}

const unreadable = (fault: string) => invalidFile({ code: 'import.unreadable', fault })

function invalidFile(reason: { code: string; fault?: string }) {
  return fail(recordErrors.fileUnreadable, 'The file cannot be read', { reason: { ...reason } })
}

/** Dry run: the job says of each row what would become of it. @throws AppError `input.invalid` for a bad mapping */
export async function startCheck(
  context: RecordContext,
  id: string,
  plan: ImportPlan,
): Promise<ResourceImport> {
  const one = await requireImport(context, id)
  const resource = resourceNamed(one.resource)
  const shape = await shapeOf(context.hub.db.pool, resource, one.projectId)
  const names = one.columns.map(({ name }) => name)
  const faults = planFaults(plan, names, shape)
  if (faults.length > 0) throw invalidInput('The mapping is not complete', faults)
  return begin(context, one, ['uploaded', 'checked', 'failed'], 'checking', { plan })
}

export async function startRun(context: RecordContext, id: string): Promise<ResourceImport> {
  return begin(context, await requireImport(context, id), ['checked'], 'running', {})
}

export async function startUndo(context: RecordContext, id: string): Promise<ResourceImport> {
  return begin(context, await requireImport(context, id), ['done'], 'undoing', {})
}

async function begin(
  context: RecordContext,
  one: ImportRow,
  from: readonly ImportState[],
  to: ImportState,
  change: { plan?: ImportPlan },
): Promise<ResourceImport> {
  const { db, jobs } = context.hub
  await db.transaction(async (tx) => {
    if (!(await moveImport(tx, one.id, from, to))) throw wrongState(one)
    await noteBeginner(tx, one.id, context.user)
    // Reasons in the list of bad rows are said to whoever reads them; labels are of whoever checks
    await updateImport(tx, one.id, { ...change, language: context.language })
    await auditAs(context.actor)(tx, auditedImport(to, one, change))
    await jobs.send(IMPORT_JOB, { importId: one.id }, { client: tx })
  })
  return findOne(context, one.id)
}

const wrongState = ({ state }: ImportRow) =>
  fail(recordErrors.importState, `The import is ${state}: that cannot be done now`, { state })

export function auditedImport(
  verb: string,
  one: Pick<ImportRow, 'id' | 'resource' | 'projectId'>,
  after: object,
) {
  const { id, projectId } = one
  return {
    action: `import.${verb}`,
    entity: 'import',
    entityId: id,
    projectId,
    after: { resource: one.resource, ...after },
  }
}

export async function listImports(
  context: RecordContext,
  resource: Resource,
  projectId: string | null,
): Promise<ResourceImport[]> {
  if (projectId !== null && !inScope(context.user, projectId, resource.permissions.write))
    throw projectNotFound(projectId)
  const { pool } = context.hub.db
  const rows = await selectImports(pool, resource.name, projectId, 20)
  return Promise.all(rows.map((row) => importOf(context, row)))
}

export async function findOne(context: RecordContext, id: string): Promise<ResourceImport> {
  return importOf(context, await requireImport(context, id))
}

/** @throws AppError `import.not_found` when there is none, or not of what the person may write */
export async function requireImport(context: RecordContext, id: string): Promise<ImportRow> {
  const one = await findImport(context.hub.db.pool, id)
  const { permissions } = one ? resourceNamed(one.resource) : { permissions: null }
  if (!one || !permissions || !hasPermission(context.user, permissions.write)) throw notFound(id)
  if (!mayInWhole(context.user, permissions.write, one.projectId)) throw notFound(id)
  return one
}

const notFound = (id: string) => fail(recordErrors.importNotFound, 'There is no such import', { id })

async function importOf(context: RecordContext, row: ImportRow): Promise<ResourceImport> {
  const { createdBy: _, begunBy: __, keyId: ___, language: ____, creator, failure, createdAt, ...rest } = row
  return {
    ...rest,
    failure: failure && say(failure, context.language),
    createdAt: createdAt.toISOString(),
    createdBy: creator,
    canUndo: row.state === 'done' && (await canUndo(context, row)),
  }
}

async function canUndo({ hub }: RecordContext, { id, resource }: ImportRow): Promise<boolean> {
  const { pool } = hub.db
  if (!(await hasCells(pool, id))) return false
  return (await countChangedSince(pool, id, resourceNamed(resource).table)) === 0
}

/** What is wrong with the file, cell by cell. */
export async function faultsOf(
  context: RecordContext,
  id: string,
  page: { readonly after: number; readonly limit: number },
): Promise<{ items: ImportFault[]; total: number; next: number | null }> {
  const one = await requireImport(context, id)
  const { items, total } = await selectFaults(context.hub.db.pool, one.id, page.after, page.limit)
  const next = page.after + items.length
  return {
    items: items.map((fault) => ({ ...fault, reason: say(fault.reason, context.language) })),
    total,
    next: next < total ? next : null,
  }
}

function requireWhole(context: RecordContext, resource: Resource, projectId: string | null): void {
  const { write } = resource.permissions
  if (resource.inProject && projectId === null)
    throw invalidInput('Which project?', [{ path: 'query.projectId', reason: { code: 'input.missing' } }])
  const place = resource.inProject ? projectId : null
  if (place !== null && !inScope(context.user, place, write)) throw projectNotFound(place)
  if (mayInWhole(context.user, write, place)) return
  throw fail(platformErrors.partOfProject, 'A file concerns the whole project, you keep a part of it', {
    permission: write,
  })
}

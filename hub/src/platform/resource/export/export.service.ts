/** A list as a file: rows leave as the database gives them, whatever their number. */
import type { Readable } from 'node:stream'
import type pg from 'pg'
import type { ExportQuery } from '@courtyard/protocols/contract'
import type * as z from 'zod'
import { auditAs } from '../../audit/audit.ts'
import { requireProject } from '../../auth/user.ts'
import { invalidInput } from '../../errors.ts'
import type { RecordContext } from '../context.ts'
import type { Field, FieldValue } from '../field.ts'
import { rulesOf, type CellContext } from '../kinds.ts'
import { queryOf, sortingOf, streamRows, type RawRow } from '../list.repository.ts'
import type { Resource } from '../resource.ts'
import { linksOf, masked, titleOf, valuesOf, type Links } from '../rows.ts'
import { loadTimeZone } from '../shape.repository.ts'
import { fieldOfShape, shapeOf, type Shape } from '../shape.ts'
import { mediaTypes, sheetFile, type SheetFormat } from '../sheet/sheet-file.ts'
import type { SheetColumn } from '../sheet/xlsx-writer.ts'

/** Rows of one step of the cursor; titles of references are looked up for as many at once. */
const STEP = 1_000

export { mediaTypes, type SheetFormat }

/**
 * The file as a stream; ends early when `signal` says that nobody reads it any more.
 * @throws AppError `input.invalid`, `project.not_found`
 */
export async function exportRecords(
  context: RecordContext,
  resource: Resource,
  query: z.infer<typeof ExportQuery>,
  signal: AbortSignal,
): Promise<{ stream: Readable; fileName: string; mediaType: string }> {
  const { pool } = context.hub.db
  if (query.projectId) requireProject(context.user, query.projectId, resource.permissions.read)
  const projectId = query.projectId ?? null
  const shape = await shapeOf(pool, resource, projectId)
  const fields = columnsOf(shape, query.columns)
  const cells: CellContext = { language: context.language, timeZone: await loadTimeZone(pool, projectId) }
  const rows = rowsOf(context, shape, query, { fields, cells, signal })
  const { format, columns: _, ...list } = query
  await context.hub.db.transaction((tx) =>
    auditAs(context.actor)(tx, {
      action: `${resource.name}.export`,
      entity: resource.name,
      projectId,
      after: { format, ...list, columns: fields.map(({ name }) => name) },
    }),
  )
  const columns = fields.map((field) => sheetColumn(field, field.label[context.language]))
  return sheetFile(format, resource.label[context.language], context.hub.clock.now(), columns, rows)
}

/** The named fields, else those of the list; files have no cells for pictures. */
function columnsOf(shape: Shape, text: string | undefined): Field[] {
  const names = text?.split(',').filter(Boolean)
  const fields = names
    ? names.map((name) => fieldOfShape(shape, name) ?? unknownColumn(name))
    : shape.fields.filter(({ list }) => list)
  const written = fields.filter(({ kind }) => kind !== 'attachments')
  return written.length > 0 ? written : [fieldOfShape(shape, shape.resource.titleField)!]
}

function unknownColumn(name: string): never {
  const reason = { code: 'input.unknown_keys', keys: name }
  throw invalidInput('There is no such column', [{ path: 'query.columns', reason }])
}

interface Wanted {
  readonly fields: readonly Field[]
  readonly cells: CellContext
  readonly signal: AbortSignal
}

/** One snapshot for the whole file; the connection goes back when the reader stops. */
async function* rowsOf(
  context: RecordContext,
  shape: Shape,
  query: z.infer<typeof ExportQuery>,
  wanted: Wanted,
): AsyncGenerator<string[][]> {
  // Conditions and order may name any field; the rows hold those of the file only
  const narrow = { ...shape, fields: wanted.fields }
  const list = { ...queryOf(shape, context.user, query), shape: narrow }
  const sorting = sortingOf(shape, query.sort)
  const client = await context.hub.db.pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    for await (const rows of streamRows(client, list, sorting, STEP)) {
      wanted.signal.throwIfAborted()
      yield await textsOf(client, context, narrow, rows, wanted)
    }
  } finally {
    await client.query('ROLLBACK').catch((error: Error) => (broken = error))
    client.release(broken)
  }
}

async function textsOf(
  client: pg.ClientBase,
  context: RecordContext,
  shape: Shape,
  rows: readonly RawRow[],
  { fields, cells }: Wanted,
): Promise<string[][]> {
  const links = await linksOf(client, shape, context.user, rows)
  return rows.map((row) => {
    const values = valuesOf(shape, row)
    return fields.map((field) => cellOf(field, values[field.name] ?? null, row, links, cells))
  })
}

function cellOf(field: Field, value: FieldValue, row: RawRow, links: Links, cells: CellContext): string {
  if (value === null) return ''
  if (field.kind === 'reference') return titleOf(links, field, value as string)
  // What a person may reveal one by one is whole in a file: the audit trail names the columns
  const hidden = field.sensitive && !row.sees_sensitive
  return rulesOf(field).cellText(hidden ? masked(field, value) : value, field, cells)
}

export function sheetColumn(field: Field, head: string): SheetColumn {
  const { cellType } = rulesOf(field)
  const width = field.kind === 'longText' ? 40 : cellType === 'text' ? 20 : cellType === 'instant' ? 19 : 12
  return { head, kind: cellType, width }
}

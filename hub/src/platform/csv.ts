import { CsvError, parse } from 'csv-parse/sync'
import type { ImportResult } from '@courtyard/protocols/contract'
import * as z from 'zod'

export type ImportError = ImportResult['errors'][number]

/** A row that fits the schema; `row` counts as a spreadsheet does, the head being row 1. */
export interface CsvRow<T> {
  readonly row: number
  readonly value: T
}

export type CsvResult<T> = { rows: CsvRow<T>[]; errors: [] } | { rows: []; errors: ImportError[] }

const MOST_ERRORS = 200
const MOST_ROWS = 200_000

/**
 * Reads a CSV with a head row (comma, RFC 4180, with or without a byte order mark, any line ends). Cells are
 * trimmed; an empty cell counts as not given, so the schema's optional columns may be empty or missing.
 * All faults are collected, by row and column.
 */
export function parseCsv<S extends z.ZodObject>(text: string, rowSchema: S): CsvResult<z.output<S>> {
  if (text.includes('\uFFFD')) return refused(1, '', 'The file is not in UTF-8; save it as "CSV UTF-8"')
  const table = readTable(text)
  if ('errors' in table) return { rows: [], errors: table.errors }
  const [head, ...records] = table.records
  if (!head || head.every((cell) => cell === ''))
    return refused(1, '', 'The file is empty: a head row is needed')
  if (records.length > MOST_ROWS)
    return refused(MOST_ROWS + 1, '', `More than ${MOST_ROWS} rows; split the file`)
  const headErrors = checkHead(head, rowSchema)
  if (headErrors.length > 0) return { rows: [], errors: headErrors }
  return readRows(head, records, rowSchema)
}

function readTable(text: string): { records: string[][] } | { errors: ImportError[] } {
  try {
    return {
      records: parse(text, { bom: true, trim: true, relax_column_count: true, skip_empty_lines: false }),
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error.lines === 'number' ? error.lines : 1
    return { errors: [{ row: line, column: '', reason: `The file is not a valid CSV: ${error.message}` }] }
  }
}

function checkHead(head: readonly string[], schema: z.ZodObject): ImportError[] {
  const known = Object.keys(schema.shape)
  const required = known.filter((name) => !(schema.shape[name] as z.ZodType).safeParse(undefined).success)
  const error = (column: string, reason: string) => ({ row: 1, column, reason })
  return [
    ...head
      .filter((name) => !known.includes(name))
      .map((name) => error(name, `Unknown column; known are: ${known.join(', ')}`)),
    ...head
      .filter((name, at) => head.indexOf(name) !== at)
      .map((name) => error(name, 'The column stands there twice')),
    ...required.filter((name) => !head.includes(name)).map((name) => error(name, 'The column is missing')),
  ]
}

function readRows<S extends z.ZodObject>(
  head: string[],
  records: string[][],
  schema: S,
): CsvResult<z.output<S>> {
  const rows: CsvRow<z.output<S>>[] = []
  const errors: ImportError[] = []
  for (const [index, record] of records.entries()) {
    if (record.every((cell) => cell === '')) continue
    const row = index + 2
    if (record.length !== head.length) {
      errors.push({ row, column: '', reason: `The row has ${record.length} cells, the head ${head.length}` })
    } else {
      const given = head.map((name, at) => [name, record[at]] as const).filter(([, cell]) => cell !== '')
      const parsed = schema.safeParse(Object.fromEntries(given))
      if (parsed.success) rows.push({ row, value: parsed.data })
      else errors.push(...parsed.error.issues.map((issue) => cellError(row, issue, record, head)))
    }
    if (errors.length >= MOST_ERRORS) break
  }
  if (errors.length > 0) return { rows: [], errors: errors.slice(0, MOST_ERRORS) }
  return { rows, errors: [] }
}

function cellError(row: number, issue: z.core.$ZodIssue, record: string[], head: string[]): ImportError {
  const column = String(issue.path[0] ?? '')
  const cell = record[head.indexOf(column)] ?? ''
  return {
    row,
    column,
    reason: cell === '' ? 'The cell is empty' : `${issue.message} (is "${cell.slice(0, 60)}")`,
  }
}

function refused(row: number, column: string, reason: string): { rows: []; errors: ImportError[] } {
  return { rows: [], errors: [{ row, column, reason }] }
}

/** Optional integer cell. */
export const csvInteger = z
  .string()
  .regex(/^-?\d{1,9}$/, 'must be a whole number')
  .transform(Number)
/** Exact decimal, as text. */
export const csvDecimal = z.string().regex(/^-?\d{1,15}(\.\d{1,9})?$/, 'must be a number such as 12.5')

import { CsvError, parse } from 'csv-parse/sync'
import type { ImportResult } from '@courtyard/protocols/contract'
import * as z from 'zod'
import type { PlatformReason, PlatformReasonCode } from './reasons/platform-reasons.ts'
import type { Reason } from './reasons/reason.ts'
import { reasonOfIssue, withInput } from './reasons/zod-reason.ts'

export interface ImportError {
  readonly row: number
  readonly column: string
  readonly reason: Reason
}
/** What an import did, before it is said in a language. */
export type ImportOutcome = Omit<ImportResult, 'errors'> & { readonly errors: readonly ImportError[] }

export function sayImport(outcome: ImportOutcome, say: (reason: Reason) => string): ImportResult {
  return { ...outcome, errors: outcome.errors.map((error) => ({ ...error, reason: say(error.reason) })) }
}

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
  if (text.includes('\uFFFD')) return refused(1, { code: 'csv.not_utf8' })
  const table = readTable(text)
  if ('errors' in table) return { rows: [], errors: table.errors }
  const [head, ...records] = table.records
  if (!head || head.every((cell) => cell === '')) return refused(1, { code: 'csv.empty_file' })
  if (records.length > MOST_ROWS)
    return refused(MOST_ROWS + 1, { code: 'csv.too_many_rows', most: MOST_ROWS })
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
    return refused(line, { code: 'csv.broken', fault: error.message })
  }
}

function checkHead(head: readonly string[], schema: z.ZodObject): ImportError[] {
  const known = Object.keys(schema.shape)
  const required = known.filter((name) => !(schema.shape[name] as z.ZodType).safeParse(undefined).success)
  const error = (column: string, reason: PlatformReason) => ({ row: 1, column, reason })
  return [
    ...head
      .filter((name) => !known.includes(name))
      .map((name) => error(name, { code: 'csv.unknown_column', known: known.join(', ') })),
    ...head
      .filter((name, at) => head.indexOf(name) !== at)
      .map((name) => error(name, { code: 'csv.column_twice' })),
    ...required
      .filter((name) => !head.includes(name))
      .map((name) => error(name, { code: 'csv.column_missing' })),
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
      const reason: PlatformReason = { code: 'csv.row_length', cells: record.length, head: head.length }
      errors.push({ row, column: '', reason })
    } else {
      const given = head.map((name, at) => [name, record[at]] as const).filter(([, cell]) => cell !== '')
      const parsed = schema.safeParse(Object.fromEntries(given), withInput)
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
  const reason: PlatformReason =
    cell === ''
      ? { code: 'csv.empty_cell' }
      : { code: 'csv.cell', fault: reasonOfIssue(issue), cell: cell.slice(0, 60) }
  return { row, column, reason }
}

function refused(row: number, reason: PlatformReason): { rows: []; errors: ImportError[] } {
  return { rows: [], errors: [{ row, column: '', reason }] }
}

const told = (code: PlatformReasonCode) => code

/** Optional integer cell. */
export const csvInteger = z
  .string()
  .regex(/^-?\d{1,9}$/, told('input.whole_number'))
  .transform(Number)
/** Integer cell within limits, both included. */
export const csvBetween = (low: number, high: number) =>
  csvInteger.refine((value) => value >= low && value <= high, {
    error: told('input.between'),
    params: { low, high },
  })
/** Exact decimal, as text. */
export const csvDecimal = z.string().regex(/^-?\d{1,15}(\.\d{1,9})?$/, told('input.decimal'))

/** Rows as a file that a spreadsheet program opens: they leave as they come, whatever their number. */
import { Readable } from 'node:stream'
import { csvLine } from './csv-line.ts'
import { writeXlsx, type SheetColumn } from './xlsx-writer.ts'

export const mediaTypes = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
} as const
export type SheetFormat = keyof typeof mediaTypes

type SheetRows = AsyncIterable<readonly (readonly string[])[]>

export function sheetFileName(format: SheetFormat, name: string, at: Date): string {
  return `${name} ${at.toISOString().slice(0, 10)}.${format}`
}

/** The bytes of the file. @param rows cells as text, some rows at a time, in the order of the columns */
export function sheetStream(
  format: SheetFormat,
  name: string,
  columns: readonly SheetColumn[],
  rows: SheetRows,
): Readable {
  return format === 'csv' ? csvStream(columns, rows) : (writeXlsx([{ name, columns, rows }]) as Readable)
}

function csvStream(columns: readonly SheetColumn[], rows: SheetRows): Readable {
  async function* text(): AsyncGenerator<string> {
    // The mark tells spreadsheet programs that it is UTF-8
    yield `\uFEFF${csvLine(columns.map(({ head }) => ({ text: head, isNumber: false })))}`
    for await (const chunk of rows) yield chunk.map((row) => csvLine(row.map(asCell))).join('')
  }
  const asCell = (cell: string, at: number) => ({ text: cell, isNumber: columns[at]!.kind === 'number' })
  return Readable.from(text(), { objectMode: false, highWaterMark: 64 * 1024 })
}

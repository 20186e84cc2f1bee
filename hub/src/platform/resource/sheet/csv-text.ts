/** CSV as spreadsheet programs write and read it. */
import { parse, CsvError } from 'csv-parse/sync'
import { SheetFault } from './sheet-fault.ts'

/** Cells that a spreadsheet program would take for a formula; a tab or return may hide one. */
const dangerous = /^[=+\-@\t\r]/

/**
 * One line. A text that begins like a formula gets an apostrophe before it, which spreadsheet programs do not show;
 * numbers are as they are.
 */
export function csvLine(cells: readonly { readonly text: string; readonly isNumber: boolean }[]): string {
  return `${cells.map(({ text, isNumber }) => csvCell(isNumber ? text : harmless(text))).join(',')}\r\n`
}

function harmless(text: string): string {
  return dangerous.test(text) ? `'${text}` : text
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Undoes `harmless`, so that an export comes in again as it was. */
export function withoutGuard(cell: string): string {
  return cell.startsWith("'") && dangerous.test(cell.slice(1)) ? cell.slice(1) : cell
}

/** UTF-8 (with or without a mark), UTF-16 with a mark, else GB 18030, which holds GBK and GB 2312. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

/** @throws SheetFault for quotes that do not match */
export function parseCsvText(text: string): string[][] {
  try {
    const rows = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      relax_column_count: true,
      trim: true,
    })
    return rows.map((row) => row.map(withoutGuard))
  } catch (error) {
    if (error instanceof CsvError) throw new SheetFault(error.message)
    throw error
  }
}

/** Comma, semicolon or tab: whichever is most frequent in the head row. */
function delimiterOf(text: string): string {
  const head = /^[^\r\n]*/.exec(text)![0]
  const count = (delimiter: string) => head.split(delimiter).length
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best))
}

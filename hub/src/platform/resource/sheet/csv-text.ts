/** CSV as spreadsheet programs write it. */
import { parse, CsvError } from 'csv-parse/sync'
import { withoutGuard } from './csv-line.ts'
import { SheetFault } from './sheet-fault.ts'

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

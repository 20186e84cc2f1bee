/** A spreadsheet of whatever kind as rows of texts. */
import { decodeText, parseCsvText } from './csv-text.ts'
import { SheetFault } from './sheet-fault.ts'
import { readXlsx, type SheetLimits } from './xlsx-reader.ts'

export const sheetLimits: SheetLimits & { readonly fileBytes: number; readonly rows: number } = {
  fileBytes: 32 * 1024 * 1024,
  unpackedBytes: 512 * 1024 * 1024,
  columns: 200,
  rows: 200_000,
}

/** The kind is found by what the file begins with, not by its name. @throws SheetFault */
export async function* readSheet(file: Buffer): AsyncGenerator<string[]> {
  let rows = 0
  for await (const row of rowsOf(file)) {
    if (++rows > sheetLimits.rows + 1) throw new SheetFault(`more than ${sheetLimits.rows} rows`)
    if (row.length > sheetLimits.columns) throw new SheetFault(`more than ${sheetLimits.columns} columns`)
    yield row
  }
}

function rowsOf(file: Buffer): AsyncIterable<string[]> | Iterable<string[]> {
  if (file.subarray(0, 4).toString('latin1') === 'PK\x03\x04') return readXlsx(file, sheetLimits)
  if (file.length > 3 && file.readUInt32BE(0) === 0xd0cf11e0)
    throw new SheetFault('an old .xls file: save it as .xlsx / 旧的 .xls 文件，请另存为 .xlsx')
  return parseCsvText(decodeText(file))
}

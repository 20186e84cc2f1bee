/** A workbook (ECMA-376, SpreadsheetML) as a stream: rows go out as they come, nothing is kept. */
import { Readable } from 'node:stream'
import yazl from 'yazl'

export type CellKind = 'text' | 'number' | 'day' | 'instant'
/** Text of the cell: a plain decimal, `2026-11-22`, `2026-11-22 09:30:00`, or any text. Empty: no cell. */
export interface SheetColumn {
  readonly head: string
  readonly kind: CellKind
  /** In characters. */
  readonly width?: number
}
export interface Sheet {
  readonly name: string
  readonly columns: readonly SheetColumn[]
  readonly rows: AsyncIterable<readonly (readonly string[])[]>
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
/** Indexes into `cellXfs` below. */
const styles = { number: 0, head: 1, text: 2, day: 3, instant: 4 } as const

/** Zip stream of a workbook; the sheets are read one after the other. */
export function writeXlsx(sheets: readonly Sheet[]): NodeJS.ReadableStream {
  const zip = new yazl.ZipFile()
  // Errors of a sheet's rows end the stream that the reader holds
  const failed = (error: unknown) => (zip.outputStream as Readable).destroy(error as Error)
  zip.on('error', failed)
  const text = (path: string, content: string) => zip.addBuffer(Buffer.from(XML + content), path)
  text('[Content_Types].xml', contentTypes(sheets.length))
  text('_rels/.rels', relations([['officeDocument', 'xl/workbook.xml']]))
  text('xl/workbook.xml', workbook(sheets))
  text(
    'xl/_rels/workbook.xml.rels',
    relations([
      ...sheets.map((_, at) => ['worksheet', `worksheets/sheet${at + 1}.xml`] as const),
      ['styles', 'styles.xml'],
    ]),
  )
  text('xl/styles.xml', styleSheet)
  const streams: Readable[] = []
  for (const [at, sheet] of sheets.entries()) {
    const stream = Readable.from(sheetXml(sheet), { objectMode: false, highWaterMark: 64 * 1024 })
    stream.on('error', failed)
    streams.push(stream)
    zip.addReadStream(stream, `xl/worksheets/sheet${at + 1}.xml`)
  }
  // Nobody reads any more: rows that are not written yet need not be made
  zip.outputStream.on('close', () => {
    for (const stream of streams) stream.destroy()
  })
  zip.end()
  return zip.outputStream
}

async function* sheetXml({ columns, rows }: Sheet): AsyncGenerator<string> {
  const names = columns.map((_, at) => columnName(at))
  yield `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`
  yield `<cols>${columns.map(({ width = 16 }, at) => `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`).join('')}</cols><sheetData>`
  yield rowXml(
    1,
    names,
    columns.map(({ head }) => head),
    columns.map(() => 'head'),
  )
  const kinds = columns.map(({ kind }) => kind)
  let number = 1
  for await (const chunk of rows) {
    let text = ''
    for (const row of chunk) text += rowXml(++number, names, row, kinds)
    yield text
  }
  yield '</sheetData></worksheet>'
}

function rowXml(
  number: number,
  names: readonly string[],
  row: readonly string[],
  kinds: readonly (CellKind | 'head')[],
): string {
  let text = `<row r="${number}">`
  for (let at = 0; at < names.length; at++) {
    const value = row[at] ?? ''
    if (value !== '') text += cellXml(`${names[at]}${number}`, value, kinds[at]!)
  }
  return `${text}</row>`
}

function cellXml(place: string, text: string, kind: CellKind | 'head'): string {
  // 15 digits are what a spreadsheet program keeps of a number; longer ones stay exact as text
  if (kind === 'number' && /^-?\d{1,15}(\.\d+)?$/.test(text) && text.length <= 16)
    return `<c r="${place}"><v>${text}</v></c>`
  const serial = kind === 'day' || kind === 'instant' ? serialOf(text) : null
  if (serial !== null) return `<c r="${place}" s="${styles[kind]}"><v>${serial}</v></c>`
  const style = kind === 'head' ? styles.head : styles.text
  return `<c r="${place}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`
}

/** Days since 1899-12-30, the beginning of time in spreadsheets; null for other texts. */
function serialOf(text: string): number | null {
  const ms = /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(text)
    ? Date.parse(`${text.replace(' ', 'T')}${text.length > 10 ? 'Z' : ''}`)
    : NaN
  return Number.isNaN(ms) ? null : (ms - Date.UTC(1899, 11, 30)) / 86_400_000
}

/** 0 → A, 26 → AA. */
export function columnName(at: number): string {
  return at < 26 ? String.fromCharCode(65 + at) : columnName(Math.floor(at / 26) - 1) + columnName(at % 26)
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeXml(text: string): string {
  // Characters that XML 1.0 has no way to write are left out
  // eslint-disable-next-line no-control-regex
  const clean = text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
  return clean.replace(/[&<>"]/g, (character) => entities[character]!).slice(0, 32_767)
}

function workbook(sheets: readonly Sheet[]): string {
  const list = sheets.map(
    ({ name }, at) => `<sheet name="${sheetName(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`,
  )
  return `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${list.join('')}</sheets></workbook>`
}

const sheetName = (name: string) => escapeXml(name.replace(/[[\]:*?/\\']/g, ' ').slice(0, 31))

function relations(targets: readonly (readonly [string, string])[]): string {
  const list = targets.map(
    ([type, target], at) => `<Relationship Id="rId${at + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`,
  )
  return `<Relationships xmlns="${PACKAGE}/relationships">${list.join('')}</Relationships>`
}

function contentTypes(sheets: number): string {
  const part = (path: string, type: string) =>
    `<Override PartName="/xl/${path}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.${type}+xml"/>`
  const pages = Array.from({ length: sheets }, (_, at) => part(`worksheets/sheet${at + 1}.xml`, 'worksheet'))
  return `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${part('workbook.xml', 'sheet.main')}${part('styles.xml', 'styles')}${pages.join('')}</Types>`
}

const styleSheet = `<styleSheet xmlns="${MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/></cellXfs></styleSheet>`

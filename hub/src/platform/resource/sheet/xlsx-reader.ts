/**
 * The first sheet of a workbook (ECMA-376, SpreadsheetML), row by row. A file from outside: whatever it unpacks to is
 * counted, nothing in it is followed or computed. Formulas count by the value that was stored with them.
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes'
import yauzl, { type Entry, type ZipFile } from 'yauzl'
import { SheetFault } from './sheet-fault.ts'

export interface SheetLimits {
  /** Of everything unpacked. */
  readonly unpackedBytes: number
  readonly columns: number
}

/** Texts of the cells of each row; rows that the file leaves out come as empty ones. @throws SheetFault */
export async function* readXlsx(file: Buffer, limits: SheetLimits): AsyncGenerator<string[]> {
  const book = await Workbook.open(file, limits)
  try {
    yield* book.rows()
  } catch (error) {
    throw asFault(error)
  } finally {
    book.close()
  }
}

const asFault = (error: unknown) =>
  error instanceof SheetFault ? error : new SheetFault(error instanceof Error ? error.message : String(error))

/** A parser of one part whose tags are looked at as they come. */
function parserOf(handlers: {
  open?: (tag: SaxesTagPlain) => void
  close?: (tag: SaxesTagPlain) => void
  text?: (text: string) => void
}): SaxesParser {
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw new SheetFault(error.message)
  })
  // Entities of its own are how small files become big ones
  parser.on('doctype', () => {
    throw new SheetFault('the file has a document type of its own')
  })
  if (handlers.open) parser.on('opentag', handlers.open)
  if (handlers.close) parser.on('closetag', handlers.close)
  if (handlers.text) parser.on('text', handlers.text)
  return parser
}

/** Of texts that cells share; they are kept while the sheet is read. */
const MOST_CHARACTERS = 50_000_000

const local = (name: string) => name.slice(name.indexOf(':') + 1)

class Workbook {
  private readonly zip: ZipFile
  private readonly entries: ReadonlyMap<string, Entry>
  private readonly limits: SheetLimits
  private unpacked = 0
  private readonly strings: string[] = []
  private characters = 0
  private dateStyles: readonly boolean[] = []
  private is1904 = false

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>, limits: SheetLimits) {
    this.zip = zip
    this.entries = entries
    this.limits = limits
  }

  static async open(file: Buffer, limits: SheetLimits): Promise<Workbook> {
    const zip = await new Promise<ZipFile>((resolve, reject) =>
      yauzl.fromBuffer(file, { lazyEntries: true }, (error, opened) =>
        error ? reject(new SheetFault(error.message)) : resolve(opened),
      ),
    )
    return new Workbook(zip, await entriesOf(zip), limits)
  }

  close(): void {
    this.zip.close()
  }

  async *rows(): AsyncGenerator<string[]> {
    const path = await this.firstSheet()
    await this.readStyles()
    await this.readStrings()
    const collector = new RowCollector(this.limits.columns, (cell) => this.textOfCell(cell))
    const parser = parserOf(collector)
    for await (const chunk of this.part(path)) {
      parser.write(chunk)
      yield* collector.take()
    }
    parser.close()
    yield* collector.take()
  }

  /** Path of the first sheet that is not hidden. */
  private async firstSheet(): Promise<string> {
    const sheets: { id: string; hidden: boolean }[] = []
    await this.parse('xl/workbook.xml', ({ name, attributes }) => {
      if (local(name) === 'workbookPr')
        this.is1904 = attributes.date1904 === '1' || attributes.date1904 === 'true'
      if (local(name) !== 'sheet') return
      const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] ?? ''
      sheets.push({ id, hidden: attributes.state !== undefined && attributes.state !== 'visible' })
    })
    const wanted = sheets.find(({ hidden }) => !hidden) ?? sheets[0]
    let target = ''
    await this.parse('xl/_rels/workbook.xml.rels', ({ attributes }) => {
      if (wanted && attributes.Id === wanted.id) target = attributes.Target ?? ''
    })
    const path = target.startsWith('/') ? target.slice(1) : `xl/${target}`
    if (!target || !this.entries.has(path)) throw new SheetFault('the file has no sheet')
    return path
  }

  /** Which cell styles mean dates (18.8.30: built-in formats 14–22, 27–36, 45–47, 50–58, and own ones). */
  private async readStyles(): Promise<void> {
    const own = new Map<number, string>()
    const used: number[] = []
    let inCellStyles = false
    if (!this.entries.has('xl/styles.xml')) return
    await this.parse(
      'xl/styles.xml',
      ({ name, attributes }) => {
        const tag = local(name)
        if (tag === 'numFmt') own.set(Number(attributes.numFmtId), attributes.formatCode ?? '')
        if (tag === 'cellXfs') inCellStyles = true
        if (tag === 'xf' && inCellStyles) used.push(Number(attributes.numFmtId ?? 0))
      },
      (tag) => {
        if (local(tag.name) === 'cellXfs') inCellStyles = false
      },
    )
    this.dateStyles = used.map((id) => isDateFormat(id, own.get(id)))
  }

  private async readStrings(): Promise<void> {
    const path = 'xl/sharedStrings.xml'
    if (!this.entries.has(path)) return
    let text = ''
    let depth = { t: false, phonetic: false }
    const parser = parserOf({
      open: ({ name }) => {
        const tag = local(name)
        if (tag === 'si') text = ''
        if (tag === 't') depth = { ...depth, t: true }
        if (tag === 'rPh') depth = { ...depth, phonetic: true }
      },
      text: (part) => {
        if (depth.t && !depth.phonetic) text += part
      },
      close: ({ name }) => {
        const tag = local(name)
        if (tag === 'si') this.addString(text)
        if (tag === 't') depth = { ...depth, t: false }
        if (tag === 'rPh') depth = { ...depth, phonetic: false }
      },
    })
    for await (const chunk of this.part(path)) parser.write(chunk)
    parser.close()
  }

  private addString(text: string): void {
    this.characters += text.length
    if (this.characters > MOST_CHARACTERS) throw new SheetFault('the file has too much text')
    this.strings.push(text)
  }

  private async parse(
    path: string,
    open: (tag: SaxesTagPlain) => void,
    close?: (tag: SaxesTagPlain) => void,
  ): Promise<void> {
    const parser = parserOf({ open, ...(close ? { close } : {}) })
    for await (const chunk of this.part(path)) parser.write(chunk)
    parser.close()
  }

  /** Text of a part; all parts together may not unpack to more than the limit, whatever their heads say. */
  private async *part(path: string): AsyncGenerator<string> {
    const entry = this.entries.get(path)
    if (!entry) throw new SheetFault(`the file has no ${path}`)
    const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
      this.zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened))),
    )
    const decoder = new TextDecoder()
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      this.unpacked += chunk.length
      if (this.unpacked > this.limits.unpackedBytes) throw new SheetFault('the file unpacks to too much')
      yield decoder.decode(chunk, { stream: true })
    }
    yield decoder.decode()
  }

  private textOfCell({ type, style, value }: RawCell): string {
    if (value === '') return ''
    if (type === 's') return (this.strings[Number(value)] ?? '').trim()
    if (type === 'inlineStr' || type === 'str') return value.trim()
    if (type === 'b') return value === '1' ? 'true' : 'false'
    // #N/A and the like: as they are, so that the row is told to be wrong
    if (type === 'e') return value
    if (type === 'd') return value.replace(/T00:00:00(\.0+)?Z?$/, '')
    return this.dateStyles[style] ? dateText(Number(value), this.is1904) : numberText(value)
  }
}

interface RawCell {
  readonly type: string
  readonly style: number
  readonly value: string
}

/** Puts the tags of a sheet together to rows. */
class RowCollector {
  private readonly most: number
  private readonly textOfCell: (cell: RawCell) => string
  private ready: string[][] = []
  private row: string[] = []
  private rowNumber = 0
  private column = -1
  private cell: { type: string; style: number; value: string } | null = null
  private reading = false

  constructor(most: number, textOfCell: (cell: RawCell) => string) {
    this.most = most
    this.textOfCell = textOfCell
  }

  take(): string[][] {
    return this.ready.splice(0)
  }

  readonly open = ({ name, attributes }: SaxesTagPlain): void => {
    const tag = local(name)
    if (tag === 'row') this.beginRow(attributes.r)
    else if (tag === 'c') this.beginCell(attributes)
    else if (tag === 'v' || tag === 't') this.reading = true
  }

  readonly text = (part: string): void => {
    if (this.reading && this.cell) this.cell.value += part
  }

  readonly close = ({ name }: SaxesTagPlain): void => {
    const tag = local(name)
    if (tag === 'v' || tag === 't') this.reading = false
    else if (tag === 'c') this.endCell()
    else if (tag === 'row') this.ready.push(this.row)
  }

  private beginRow(place: string | undefined): void {
    const number = place === undefined ? this.rowNumber + 1 : Number(place)
    if (!Number.isInteger(number) || number <= this.rowNumber || number > 2_000_000)
      throw new SheetFault('rows are out of order')
    // A gap counts, so that faults name the row that the person sees; a huge one is nothing but an attack
    if (number - this.rowNumber > 10_000) throw new SheetFault('the sheet has a gap of more than 10,000 rows')
    for (let gap = this.rowNumber + 1; gap < number; gap++) this.ready.push([])
    this.rowNumber = number
    this.row = []
    this.column = -1
  }

  private beginCell({ r, t = 'n', s = '0' }: Record<string, string>): void {
    const letters = r === undefined ? null : /^([A-Z]{1,3})\d+$/.exec(r)
    this.column = letters ? columnNumber(letters[1]!) : this.column + 1
    this.cell = { type: t, style: Number(s), value: '' }
  }

  private endCell(): void {
    const text = this.cell ? this.textOfCell(this.cell) : ''
    this.cell = null
    if (text === '') return
    if (this.column >= this.most) throw new SheetFault(`the sheet has more than ${this.most} columns`)
    while (this.row.length < this.column) this.row.push('')
    this.row[this.column] = text
  }
}

function columnNumber(letters: string): number {
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

function isDateFormat(id: number, code: string | undefined): boolean {
  if (code === undefined)
    return (
      (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 58 && id !== 48 && id !== 49)
    )
  // Without quoted text, colours and escapes
  return /[ymdhs年月日]/i.test(code.replace(/"[^"]*"|\[[^\]]*\]|\\./g, '')) && !/^general$/i.test(code)
}

/** Serial day of a spreadsheet as `2026-11-22`, with a time of day as `2026-11-22 09:30:00`. */
function dateText(serial: number, is1904: boolean): string {
  const days = is1904 ? serial + 1_462 : serial
  const date = new Date(Date.UTC(1899, 11, 30) + Math.round(days * 86_400) * 1_000)
  if (Number.isNaN(date.getTime())) return String(serial)
  const [day, time] = date.toISOString().split('T') as [string, string]
  return time.startsWith('00:00:00') ? day : `${day} ${time.slice(0, 8)}`
}

/** 15 digits are what the person saw; the file may hold 89.500000000000004. */
function numberText(value: string): string {
  const number = Number(value)
  if (value === '' || Number.isNaN(number)) return value
  const [digits = '', exponent = '0'] = Math.abs(number).toExponential(14).split('e')
  const plain = digits.replace('.', '')
  const point = Number(exponent) + 1
  const whole = point <= 0 ? '0' : plain.slice(0, point).padEnd(point, '0')
  const rest = (point <= 0 ? '0'.repeat(-point) + plain : plain.slice(point)).replace(/0+$/, '')
  return `${number < 0 ? '-' : ''}${whole}${rest ? `.${rest}` : ''}`
}

function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Entry>()
    zip.on('entry', (entry: Entry) => {
      entries.set(entry.fileName, entry)
      // A workbook has some dozens
      if (entries.size > 2_000) reject(new SheetFault('the file has too many parts'))
      else zip.readEntry()
    })
    zip.on('end', () => resolve(entries))
    zip.on('error', (error: Error) => reject(new SheetFault(error.message)))
    zip.readEntry()
  })
}

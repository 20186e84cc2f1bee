/** Pages into a PDF that grows while it is read: any number of documents in bounded memory. */
import { setImmediate as breathe } from 'node:timers/promises'
import PDFDocument from 'pdfkit'
import type { PrintedCode, PrintedPage } from '@courtyard/protocols/contract'
import { fontFace } from './fonts.ts'

const INK = '#111418'
const PALE = '#5c6570'
const RULE = '#9aa3ad'
const WATERMARK = '#d9dde1'

type Pdf = InstanceType<typeof PDFDocument>

export interface PdfInfo {
  readonly title: string
  readonly madeAt: Date
}

/** Chunks of one file. Fonts are embedded with the glyphs that were used, once for all documents. */
export async function* pdfOf(
  documents: AsyncIterable<readonly PrintedPage[]> | Iterable<readonly PrintedPage[]>,
  { title, madeAt }: PdfInfo,
): AsyncGenerator<Buffer> {
  const pdf = new PDFDocument({
    autoFirstPage: false,
    // None of the fourteen fonts of every reader: all of ours are in the file
    font: null as never,
    // Ours is quicker than remembering every word of every document
    fontLayoutCache: false,
    info: { Title: title, Creator: 'Courtyard', CreationDate: madeAt },
  })
  pdf.registerFont('regular', fontFace('regular').forPdf() as never)
  pdf.registerFont('bold', fontFace('bold').forPdf() as never)
  for await (const pages of documents) {
    for (const page of pages) drawPage(pdf, page)
    const chunk = pdf.read() as Buffer | null
    if (chunk) yield chunk
    // Drawing keeps the processor busy: others get their turn
    await breathe()
  }
  pdf.end()
  for await (const chunk of pdf) yield chunk as Buffer
}

export function drawPage(pdf: Pdf, page: PrintedPage): void {
  pdf.addPage({ size: [page.width, page.height], margin: 0 })
  if (page.watermark) drawWatermark(pdf, page, page.watermark)
  // The file holds a picture once: pdfkit knows it again by its source
  for (const { source, x, y, width, height } of page.pictures) pdf.image(source, x, y, { width, height })
  for (const code of page.codes) drawCode(pdf, code)
  for (const { x1, x2, y, weight } of page.rules) {
    pdf.moveTo(x1, y).lineTo(x2, y).lineWidth(weight).strokeColor(RULE).stroke()
  }
  for (const { x, y, text, size, bold, tone } of page.texts) {
    pdf
      .font(bold ? 'bold' : 'regular')
      .fontSize(size)
      .fillColor(tone === 'pale' ? PALE : INK)
      .text(text, x, y, { lineBreak: false, baseline: 'alphabetic' })
  }
}

/** On white, so that a watermark does not run through it. */
function drawCode(pdf: Pdf, { x, y, size, modules, path }: PrintedCode): void {
  pdf.rect(x, y, size, size).fill('#ffffff')
  pdf
    .save()
    .translate(x, y)
    .scale(size / modules)
  pdf.path(path).fill('#000000')
  pdf.restore()
}

function drawWatermark(
  pdf: Pdf,
  { width, height }: PrintedPage,
  mark: NonNullable<PrintedPage['watermark']>,
): void {
  pdf.save().rotate(-35, { origin: [width / 2, height / 2] })
  pdf
    .font('bold')
    .fontSize(mark.size)
    .fillColor(WATERMARK)
    .text(mark.text, width / 2 - mark.width / 2, height / 2, { lineBreak: false, baseline: 'middle' })
  pdf.restore()
}

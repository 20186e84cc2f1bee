/**
 * Blocks become pages: every line and every text gets its place here, once. The PDF and the screen only draw what stands
 * in a page, so they cannot disagree. Lengths in points.
 */
import type { PrintPaper, PrintedPage, PrintedRule, PrintedText } from '@courtyard/protocols/contract'
import type { FilledBlock, FilledDocument } from './fill.ts'
import { papers } from './paper.ts'
import { BESIDE_GAP, extentOf, layCode, layPicture } from './picture-layout.ts'
import type { PicturesToDraw } from './pictures.ts'
import { Sheet, type Area } from './sheet.ts'
import { layTable } from './table-layout.ts'
import type { TextWidth } from './fonts.ts'

export function layOut(
  document: FilledDocument,
  paper: PrintPaper,
  widthOf: TextWidth,
  pictures: PicturesToDraw,
): PrintedPage[] {
  const sheet = new Sheet(papers[paper], widthOf)
  const { blocks } = document
  for (let at = 0; at < blocks.length;) {
    const head = paper === 'roll80' ? null : headAt(blocks, at, pictures)
    if (head) layHead(sheet, head, pictures)
    else layBlock(sheet, blocks[at]!, paper, pictures)
    at += head ? head.length : 1
  }
  return finish(sheet, document)
}

interface Head {
  readonly logo: BlockOf<'picture'> | null
  readonly title: BlockOf<'title'>
  readonly amount: BlockOf<'amount'> | null
  /** Blocks that it is made of. */
  readonly length: number
}

/** On wide paper a logo stands left of the title, and the sum right of it. */
function headAt(blocks: readonly FilledBlock[], at: number, pictures: PicturesToDraw): Head | null {
  const first = blocks[at]!
  const isLogo =
    first.kind === 'picture' && first.align === 'left' && !first.over && pictures.has(first.pictureId)
  const logo = isLogo ? first : null
  const title = logo ? blocks[at + 1] : first
  if (title?.kind !== 'title' || title.align !== 'left') return null
  const next = blocks[at + (logo ? 2 : 1)]
  const amount = next?.kind === 'amount' ? next : null
  return { logo, title, amount, length: 1 + Number(logo !== null) + Number(amount !== null) }
}

type BlockOf<K extends FilledBlock['kind']> = Extract<FilledBlock, { kind: K }>

function layBlock(sheet: Sheet, block: FilledBlock, paper: PrintPaper, pictures: PicturesToDraw): void {
  const { style, area } = sheet
  switch (block.kind) {
    case 'picture': {
      const picture = pictures.get(block.pictureId)
      return picture && layPicture(sheet, block, picture)
    }
    case 'code':
      return layCode(sheet, block, paper)
    case 'title':
      layTitle(sheet, block, area)
      return sheet.skip(style.normal * 0.8)
    case 'amount':
      layAmount(sheet, block, area)
      return sheet.skip(style.normal * 0.8)
    case 'text':
      sheet.paragraph(block.text, { size: style[block.size], bold: block.bold, align: block.align })
      return sheet.skip(style[block.size] * 0.4)
    case 'facts':
      return layFacts(sheet, block)
    case 'table':
      return layTable(sheet, block)
    case 'line':
      sheet.rule(0.5)
      return sheet.skip(style.normal)
    case 'space':
      return sheet.skip({ small: 6, normal: 14, large: 36 }[block.size])
    case 'signatures':
      return laySignatures(sheet, block)
  }
}

function layTitle(sheet: Sheet, { text, note, align }: BlockOf<'title'>, area: Area): void {
  sheet.paragraph(text, { size: sheet.style.title, bold: true, align, area })
  if (note !== '') sheet.paragraph(note, { size: sheet.style.normal, tone: 'pale', align, area })
}

function layAmount(sheet: Sheet, { label, value, note }: BlockOf<'amount'>, area: Area): void {
  const { amount, small } = sheet.style
  if (label !== '') sheet.paragraph(label, { size: small, tone: 'pale', align: 'right', area })
  sheet.paragraph(value, { size: amount, bold: true, align: 'right', area })
  if (note !== '') sheet.paragraph(note, { size: small, tone: 'pale', align: 'right', area })
}

function layHead(sheet: Sheet, { logo, title, amount }: Head, pictures: PicturesToDraw): void {
  const { x, width } = sheet.area
  const half = amount ? { x, width: width * 0.58 } : { x, width }
  const right = { x: x + width * 0.62, width: width * 0.38 }
  const beside = amount ? [() => layAmount(sheet, amount, right)] : []
  const picture = logo && pictures.get(logo.pictureId)
  if (picture) {
    const extent = extentOf(sheet, picture, logo.widthMm, half.width / 2)
    const taken = extent.width + BESIDE_GAP
    const area = { x: x + taken, width: half.width - taken }
    sheet.make(extent.height)
    sheet.beside([
      () => sheet.picture(picture.source, x, extent),
      () => {
        sheet.y += Math.max(0, (extent.height - titleHeight(sheet, title, area)) / 2)
        layTitle(sheet, title, area)
      },
      ...beside,
    ])
  } else sheet.beside([() => layTitle(sheet, title, half), ...beside])
  sheet.skip(sheet.style.normal * 0.8)
}

function titleHeight(sheet: Sheet, { text, note }: BlockOf<'title'>, area: Area): number {
  const { title, normal } = sheet.style
  return (
    sheet.heightOf(text, { size: title, bold: true, area }) + sheet.heightOf(note, { size: normal, area })
  )
}

function layFacts(sheet: Sheet, { columns, items }: BlockOf<'facts'>): void {
  if (columns === 1) for (const item of items) layFactInLine(sheet, item)
  else layFactGrid(sheet, columns, items)
  sheet.skip(sheet.style.normal * 0.8)
}

type Fact = BlockOf<'facts'>['items'][number]

/** Label left, value right of it up to the edge. */
function layFactInLine(sheet: Sheet, { label, value }: Fact): void {
  const { x, width } = sheet.area
  const { normal } = sheet.style
  const share = 0.36
  sheet.beside([
    () => sheet.paragraph(label, { size: normal, tone: 'pale', area: { x, width: width * share } }),
    () =>
      sheet.paragraph(value, {
        size: normal,
        align: 'right',
        area: { x: x + width * share, width: width * (1 - share) },
      }),
  ])
}

/** Label small above its value. */
function layFactGrid(sheet: Sheet, columns: number, items: readonly Fact[]): void {
  const { style } = sheet
  const gap = 14
  const width = (sheet.area.width - gap * (columns - 1)) / columns
  for (let at = 0; at < items.length; at += columns) {
    const cells = items.slice(at, at + columns).map(({ label, value }, column) => () => {
      const area = { x: sheet.area.x + column * (width + gap), width }
      sheet.paragraph(label, { size: style.small, tone: 'pale', area })
      sheet.paragraph(value, { size: style.normal, area })
    })
    sheet.beside(cells)
    sheet.skip(style.normal * 0.5)
  }
}

function laySignatures(sheet: Sheet, { labels }: BlockOf<'signatures'>): void {
  const { style } = sheet
  const gap = 20
  const perLine = style.height === null ? 1 : labels.length
  const width = (sheet.area.width - gap * (perLine - 1)) / perLine
  for (let at = 0; at < labels.length; at += perLine) {
    sheet.skip(style.normal * 2.4)
    const cells = labels.slice(at, at + perLine).map((label, column) => () => {
      const x = sheet.area.x + column * (width + gap)
      const said = sheet.paragraph(label, { size: style.normal, area: { x, width: width * 0.6 } })
      sheet.ruleAt(sheet.y - style.normal * 0.25, x + said + 6, x + width, 0.5)
    })
    sheet.beside(cells)
  }
  sheet.skip(style.normal)
}

/** Foot lines and page numbers need to know how many pages there are. */
function finish(sheet: Sheet, { footer, watermark }: FilledDocument): PrintedPage[] {
  const { style } = sheet
  if (style.height === null && footer !== '') {
    sheet.skip(style.small)
    sheet.paragraph(footer, { size: style.small, tone: 'pale', align: 'center' })
  }
  const pages = sheet.end()
  return pages.map(({ height, texts, rules, pictures, codes }, at) => ({
    width: round(style.width),
    height: round(height),
    texts: [...texts, ...(style.height === null ? [] : footOf(sheet, footer, at + 1, pages.length))].map(
      tidyText,
    ),
    rules: rules.map(tidyRule),
    pictures: pictures.map(tidyPlace),
    codes: codes.map(tidyPlace),
    watermark: watermark === '' ? null : watermarkOf(sheet, watermark),
  }))
}

function footOf(sheet: Sheet, footer: string, page: number, pages: number): PrintedText[] {
  const { style, area } = sheet
  const y = style.height! - style.margin.bottom * 0.55
  const number = `${page} / ${pages}`
  const place = (text: string, x: number): PrintedText => ({
    ...{ text, x, y, size: style.small, bold: false, tone: 'pale' },
    width: sheet.widthOf(text, style.small, false),
  })
  const numberWidth = sheet.widthOf(number, style.small, false)
  const said = sheet.firstLine(footer, area.width - numberWidth - 12, style.small)
  const left = said === '' ? [] : [place(said, area.x)]
  return style.showsPageNumbers && pages > 1
    ? [...left, place(number, area.x + area.width - numberWidth)]
    : left
}

/** As large as fits from corner to corner. */
function watermarkOf({ style, widthOf }: Sheet, text: string): PrintedPage['watermark'] {
  const atOne = widthOf(text, 1, true)
  const size = Math.min(style.width * 0.2, (style.width * 0.8) / Math.max(atOne, 0.1))
  return { text, size: round(size), width: round(atOne * size) }
}

const round = (value: number): number => Math.round(value * 100) / 100
/** Whatever lengths it has, in hundredths. */
const tidyPlace = <T extends object>(placed: T): T =>
  Object.fromEntries(
    Object.entries(placed).map(([name, value]) => [name, typeof value === 'number' ? round(value) : value]),
  ) as T
const tidyText = (text: PrintedText): PrintedText => ({
  ...text,
  x: round(text.x),
  y: round(text.y),
  width: round(text.width),
})
const tidyRule = (rule: PrintedRule): PrintedRule => ({
  ...rule,
  x1: round(rule.x1),
  x2: round(rule.x2),
  y: round(rule.y),
})

/**
 * Blocks become pages: every line and every text gets its place here, once. The PDF and the screen only draw what stands
 * in a page, so they cannot disagree. Lengths in points.
 */
import type { PrintPaper, PrintedPage, PrintedRule, PrintedText } from '@courtyard/protocols/contract'
import type { FilledBlock, FilledDocument } from './fill.ts'
import { papers } from './paper.ts'
import { Sheet, type Area } from './sheet.ts'
import { layTable } from './table-layout.ts'
import type { TextWidth } from './fonts.ts'

export function layOut(document: FilledDocument, paper: PrintPaper, widthOf: TextWidth): PrintedPage[] {
  const style = papers[paper]
  const sheet = new Sheet(style, widthOf)
  const { blocks } = document
  for (let at = 0; at < blocks.length; at++) {
    const block = blocks[at]!
    const next = blocks[at + 1]
    // On wide paper the sum stands beside the title
    if (
      block.kind === 'title' &&
      block.align === 'left' &&
      next?.kind === 'amount' &&
      style.height !== null
    ) {
      layTitleAndAmount(sheet, block, next)
      at++
    } else layBlock(sheet, block)
  }
  return finish(sheet, document)
}

type BlockOf<K extends FilledBlock['kind']> = Extract<FilledBlock, { kind: K }>

function layBlock(sheet: Sheet, block: FilledBlock): void {
  const { style, area } = sheet
  switch (block.kind) {
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

function layTitleAndAmount(sheet: Sheet, title: BlockOf<'title'>, amount: BlockOf<'amount'>): void {
  const { x, width } = sheet.area
  const left = { x, width: width * 0.58 }
  const right = { x: x + width * 0.62, width: width * 0.38 }
  sheet.beside([() => layTitle(sheet, title, left), () => layAmount(sheet, amount, right)])
  sheet.skip(sheet.style.normal * 0.8)
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
  return pages.map(({ height, texts, rules }, at) => ({
    width: round(style.width),
    height: round(height),
    texts: [...texts, ...(style.height === null ? [] : footOf(sheet, footer, at + 1, pages.length))].map(
      tidyText,
    ),
    rules: rules.map(tidyRule),
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

/** The paper under the pen: where the next line goes, and when a new page begins. */
import type { PrintedCode, PrintedPicture, PrintedRule, PrintedText } from '@courtyard/protocols/contract'
import type { CodePath } from './code.ts'
import type { TextWidth } from './fonts.ts'
import type { PaperStyle } from './paper.ts'
import { linesOf } from './text-lines.ts'

export interface Area {
  readonly x: number
  readonly width: number
}

export interface TextStyle {
  readonly size: number
  readonly bold?: boolean
  readonly tone?: 'ink' | 'pale'
  readonly align?: 'left' | 'center' | 'right'
  /** Default: between the margins. */
  readonly area?: Area
}

interface Page {
  readonly texts: PrintedText[]
  readonly rules: PrintedRule[]
  readonly pictures: PrintedPicture[]
  readonly codes: PrintedCode[]
}
const newPage = (): Page => ({ texts: [], rules: [], pictures: [], codes: [] })

/** Height of a line and where its base is, as parts of the size. */
export const LINE = 1.5
const BASE = 1.12

export class Sheet {
  readonly style: PaperStyle
  readonly widthOf: TextWidth
  readonly area: Area
  /** Top of the next line. */
  y: number
  private readonly pages: Page[] = [newPage()]
  /** Page that is drawn on: cells beside each other may reach over several. */
  private at = 0

  constructor(style: PaperStyle, widthOf: TextWidth) {
    this.style = style
    this.widthOf = widthOf
    this.area = { x: style.margin.x, width: style.width - 2 * style.margin.x }
    this.y = style.margin.top
  }

  /** @returns width of its widest line */
  paragraph(text: string, style: TextStyle): number {
    const { size, bold = false, tone = 'ink', align = 'left', area = this.area } = style
    const lines = linesOf(text, area.width, (part) => this.widthOf(part, size, bold))
    for (const line of lines) {
      this.make(size * LINE)
      const free = area.width - line.width
      const x = area.x + (align === 'right' ? free : align === 'center' ? free / 2 : 0)
      if (line.text !== '') {
        this.page.texts.push({
          x,
          y: this.y + size * BASE,
          text: line.text,
          width: line.width,
          size,
          bold,
          tone,
        })
      }
      this.y += size * LINE
    }
    return Math.max(0, ...lines.map(({ width }) => width))
  }

  /** Cuts at the width; for lines that must stay one. */
  firstLine(text: string, width: number, size: number): string {
    return linesOf(text, width, (part) => this.widthOf(part, size, false))[0]!.text
  }

  /** How high a paragraph will be. */
  heightOf(text: string, { size, bold = false, area = this.area }: TextStyle): number {
    const lines = linesOf(text, area.width, (part) => this.widthOf(part, size, bold))
    return text === '' ? 0 : lines.length * size * LINE
  }

  picture(source: string, x: number, { width, height }: { width: number; height: number }): void {
    this.make(height)
    this.page.pictures.push({ x, y: this.y, width, height, source })
    this.y += height
  }

  /** Over what stands above, its middle at the last line; it takes no room. */
  pictureOver(source: string, x: number, { width, height }: { width: number; height: number }): void {
    const { height: most, margin } = this.style
    const lowest = most === null ? Infinity : most - margin.bottom / 2 - height
    const y = Math.max(0, Math.min(this.y - height * 0.6, lowest))
    this.page.pictures.push({ x, y, width, height, source })
  }

  code({ modules, path }: CodePath, x: number, size: number): void {
    this.make(size)
    this.page.codes.push({ x, y: this.y, size, modules, path })
    this.y += size
  }

  /** A text at the middle of something that is so high. */
  besideMiddle(height: number, draw: () => void, text: string, style: TextStyle): void {
    const above = Math.max(0, (height - this.heightOf(text, style)) / 2)
    const lay = () => {
      this.y += above
      this.paragraph(text, style)
    }
    this.beside([draw, lay])
  }

  rule(weight: number): void {
    this.make(weight)
    this.ruleAt(this.y, this.area.x, this.area.x + this.area.width, weight)
    this.y += weight
  }

  ruleAt(y: number, x1: number, x2: number, weight: number): void {
    if (x2 > x1) this.page.rules.push({ x1, x2, y, weight })
  }

  /** Nothing at the top of a page needs room above. */
  skip(height: number): void {
    if (this.y > this.style.margin.top) this.y += height
  }

  /** Draws each from the same line on; what follows begins below the longest. */
  beside(cells: readonly (() => void)[]): void {
    const start = { at: this.at, y: this.y }
    let end = start
    for (const cell of cells) {
      this.at = start.at
      this.y = start.y
      cell()
      if (this.at > end.at || (this.at === end.at && this.y > end.y)) end = { at: this.at, y: this.y }
    }
    this.at = end.at
    this.y = end.y
  }

  /** Begins a new page unless that much fits. @returns whether it did */
  make(height: number): boolean {
    const { height: most, margin } = this.style
    if (most === null || this.y + height <= most - margin.bottom || this.y <= margin.top) return false
    this.at += 1
    if (this.at === this.pages.length) this.pages.push(newPage())
    this.y = margin.top
    return true
  }

  end(): ({ height: number } & Page)[] {
    const height = this.style.height ?? this.y + this.style.margin.bottom
    return this.pages.map((page) => ({ height, ...page }))
  }

  private get page(): Page {
    return this.pages[this.at]!
  }
}

/** The font of printed documents, from an npm package: the same on every machine, embedded in every file. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { create, type Font, type Glyph, type GlyphRun } from 'fontkit'

export type TextWidth = (text: string, size: number, bold: boolean) => number
export type FaceName = 'regular' | 'bold'

/** The package names its index only; the fonts lie beside it. */
const folder = join(dirname(createRequire(import.meta.url).resolve('@embedpdf/fonts-sc')), '../fonts')
const fileNames = { regular: 'NotoSansHans-Regular.otf', bold: 'NotoSansHans-Bold.otf' } as const
const faces = new Map<FaceName, PlainFace>()

/** Read when something is printed for the first time. */
export function fontFace(name: FaceName): PlainFace {
  let face = faces.get(name)
  if (!face)
    faces.set(name, (face = new PlainFace(create(readFileSync(join(folder, fileNames[name]))) as Font)))
  return face
}

/**
 * One glyph after the other, as wide as the font says. Neither kerning nor ligatures: documents are figures and Chinese,
 * which have none, and shaping takes ten times as long.
 */
export class PlainFace {
  private readonly font: Font
  private readonly unitsPerEm: number
  private readonly known = new Map<string, { readonly glyph: Glyph; readonly width: number }>()

  constructor(font: Font) {
    this.font = font
    // Asking the font looks its tables through each time
    this.unitsPerEm = font.unitsPerEm
  }

  /** In units of the size. */
  widthOf(text: string): number {
    let width = 0
    for (const character of text) width += this.glyphOf(character).width
    return width / this.unitsPerEm
  }

  /** What pdfkit takes for a font: ours with this layout. */
  forPdf(): Font {
    const layout = { value: (text: string) => this.layout(text) }
    return Object.create(this.font, { layout, unitsPerEm: { value: this.unitsPerEm } }) as Font
  }

  private layout(text: string): GlyphRun {
    const parts = [...text].map((character) => this.glyphOf(character))
    const positions = parts.map(({ width }) => ({ xAdvance: width, yAdvance: 0, xOffset: 0, yOffset: 0 }))
    const advanceWidth = parts.reduce((sum, { width }) => sum + width, 0)
    return { glyphs: parts.map(({ glyph }) => glyph), positions, advanceWidth } as unknown as GlyphRun
  }

  private glyphOf(character: string) {
    let known = this.known.get(character)
    if (!known) {
      const glyph = this.font.glyphForCodePoint(character.codePointAt(0)!)
      this.known.set(character, (known = { glyph, width: glyph.advanceWidth }))
    }
    return known
  }
}

/** As wide as the PDF draws it. */
export const textWidth: TextWidth = (text, size, bold) =>
  fontFace(bold ? 'bold' : 'regular').widthOf(text) * size

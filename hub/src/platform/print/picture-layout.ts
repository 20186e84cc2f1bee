/** Pictures and QR codes: where they stand, and what stands beside them. */
import type { PrintPaper } from '@courtyard/protocols/contract'
import { codePath } from './code.ts'
import type { FilledBlock } from './fill.ts'
import { MM } from './paper.ts'
import type { PictureToDraw } from './pictures.ts'
import type { Area, Sheet } from './sheet.ts'

type BlockOf<K extends FilledBlock['kind']> = Extract<FilledBlock, { kind: K }>
export const BESIDE_GAP = 12

interface Extent {
  readonly width: number
  readonly height: number
}

/** As wide as asked for, within the paper and never higher than a page. */
export function extentOf(
  sheet: Sheet,
  { widthPx, heightPx }: PictureToDraw,
  widthMm: number,
  most: number = sheet.area.width,
): Extent {
  const { height, margin } = sheet.style
  const ratio = heightPx / widthPx
  const highest = height === null ? Infinity : height - margin.top - margin.bottom
  const width = Math.min(widthMm * MM, most, highest / ratio)
  return { width, height: width * ratio }
}

const leftOf = (area: Area, width: number, align: 'left' | 'center' | 'right'): number =>
  area.x + { left: 0, center: (area.width - width) / 2, right: area.width - width }[align]

export function layPicture(sheet: Sheet, block: BlockOf<'picture'>, picture: PictureToDraw): void {
  const extent = extentOf(sheet, picture, block.widthMm)
  const x = leftOf(sheet.area, extent.width, block.align)
  if (block.over) return sheet.pictureOver(picture.source, x, extent)
  sheet.picture(picture.source, x, extent)
  sheet.skip(sheet.style.normal * 0.6)
}

/** On wide paper what it says stands right of it, else under it. */
export function layCode(sheet: Sheet, block: BlockOf<'code'>, paper: PrintPaper): void {
  const code = codePath(block.text)
  if (!code) return
  const { area, style } = sheet
  const size = Math.min(block.widthMm * MM, area.width)
  const x = leftOf(area, size, block.align)
  if (paper === 'a4' && block.align === 'left' && block.label !== '') {
    const beside = { x: x + size + BESIDE_GAP, width: area.width - size - BESIDE_GAP }
    sheet.make(size)
    sheet.besideMiddle(size, () => sheet.code(code, x, size), block.label, {
      size: style.normal,
      area: beside,
    })
  } else {
    sheet.code(code, x, size)
    sheet.skip(style.small * 0.5)
    if (block.label !== '')
      sheet.paragraph(block.label, { size: style.small, tone: 'pale', align: block.align })
  }
  sheet.skip(style.normal * 0.8)
}

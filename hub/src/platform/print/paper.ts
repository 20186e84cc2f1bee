/** What is printed on, and how large. Lengths in points. */
import type { PrintPaper } from '@courtyard/protocols/contract'

export const MM = 72 / 25.4

export interface PaperStyle {
  readonly width: number
  /** Null: as long as it gets, torn off at the end. */
  readonly height: number | null
  readonly margin: { readonly x: number; readonly top: number; readonly bottom: number }
  /** Sizes of texts. */
  readonly title: number
  readonly amount: number
  readonly large: number
  readonly normal: number
  readonly small: number
  readonly showsPageNumbers: boolean
}

export const papers: Readonly<Record<PrintPaper, PaperStyle>> = {
  a4: {
    width: 210 * MM,
    height: 297 * MM,
    margin: { x: 18 * MM, top: 17 * MM, bottom: 19 * MM },
    title: 17,
    amount: 22,
    large: 12,
    normal: 9.5,
    small: 8,
    showsPageNumbers: true,
  },
  // Printers of 80 mm rolls reach 72 mm of it
  roll80: {
    width: 80 * MM,
    height: null,
    margin: { x: 4 * MM, top: 5 * MM, bottom: 8 * MM },
    title: 12,
    amount: 16,
    large: 10,
    normal: 8,
    small: 7,
    showsPageNumbers: false,
  },
}

/** Where printed records are asked for, by the word in the address of their print page. */
import type { PrintPaper } from '@courtyard/protocols/contract'

export const printPlaces = {
  bills: { route: 'GET /api/bills/:id/print', papers: ['a4', 'roll80'] },
  handovers: { route: 'GET /api/handovers/:id/print', papers: ['a4'] },
  announcements: { route: 'GET /api/announcements/:id/print', papers: ['a4'] },
} as const satisfies Record<string, { route: string; papers: readonly PrintPaper[] }>

export type PrintPlace = keyof typeof printPlaces
export const isPrintPlace = (word: string): word is PrintPlace => Object.hasOwn(printPlaces, word)

export const pdfAddress = (place: string, id: string, paper: PrintPaper, language: string): string =>
  `/api/${place}/${id}/pdf?paper=${paper}&language=${language}`

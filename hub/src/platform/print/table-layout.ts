import type { FilledTable } from './fill.ts'
import { LINE, type Area, type Sheet } from './sheet.ts'
import { linesOf } from './text-lines.ts'

const GAP = 8

/** Head, rows, foot; the head comes again on every page, and a row stays on one page when it fits on any. */
export function layTable(sheet: Sheet, table: FilledTable): void {
  const size = sheet.style[table.size]
  const areas = columnAreas(sheet, table)
  const pad = size * 0.3
  const head = () => layHead(sheet, table, areas, pad)
  head()
  for (const row of table.rows) {
    if (sheet.make(rowHeight(sheet, row, areas, size) + 2 * pad)) head()
    sheet.y += pad
    layRow(sheet, table, areas, row, { size })
    sheet.y += pad
    sheet.rule(0.25)
  }
  if (table.foot) {
    sheet.make(rowHeight(sheet, table.foot, areas, size) + 2 * pad)
    sheet.y += pad
    layRow(sheet, table, areas, table.foot, { size, bold: true })
    sheet.y += pad
    sheet.rule(0.75)
  }
  sheet.skip(sheet.style.normal)
}

function layHead(sheet: Sheet, table: FilledTable, areas: readonly Area[], pad: number): void {
  const labels = table.columns.map(({ label }) => label)
  if (labels.every((label) => label === '')) return
  const { small } = sheet.style
  // A head with nothing under it at the end of a page says nothing
  sheet.make(rowHeight(sheet, labels, areas, small) + 2 * pad + sheet.style[table.size] * LINE)
  layRow(sheet, table, areas, labels, { size: small, tone: 'pale' })
  sheet.y += pad
  sheet.rule(0.75)
}

function layRow(
  sheet: Sheet,
  { columns }: FilledTable,
  areas: readonly Area[],
  texts: readonly string[],
  style: { readonly size: number; readonly bold?: boolean; readonly tone?: 'ink' | 'pale' },
): void {
  sheet.beside(
    columns.map(({ align }, at) => () => {
      sheet.paragraph(texts[at] ?? '', { ...style, align, area: areas[at]! })
    }),
  )
}

function columnAreas({ area }: Sheet, { columns }: FilledTable): Area[] {
  const shares = columns.reduce((sum, { share }) => sum + share, 0)
  const free = area.width - GAP * (columns.length - 1)
  let { x } = area
  return columns.map(({ share }) => {
    const width = (free * share) / shares
    const placed = { x, width }
    x += width + GAP
    return placed
  })
}

function rowHeight(sheet: Sheet, texts: readonly string[], areas: readonly Area[], size: number): number {
  const lines = areas.map(
    ({ width }, at) => linesOf(texts[at] ?? '', width, (part) => sheet.widthOf(part, size, false)).length,
  )
  return Math.max(1, ...lines) * size * LINE
}

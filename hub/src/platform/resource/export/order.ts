/** What a file is to hold, as data only: all that another process needs to write it. */
import type { CellRule } from '../cell-text.ts'
import type { Statement } from '../list.repository.ts'
import type { SheetFormat } from '../sheet/sheet-file.ts'
import type { SheetColumn } from '../sheet/xlsx-writer.ts'

export interface ExportOrder {
  readonly format: SheetFormat
  /** Of the sheet. */
  readonly name: string
  /** First column: whether the person sees sensitive values of the row whole; then a value per column of the file. */
  readonly list: Statement
  readonly columns: readonly OrderColumn[]
  /** By resource: finds `id` and `title` of those that the person may see; the ids are its first parameter. */
  readonly titles: ReadonlyMap<string, Statement>
}

export interface OrderColumn extends SheetColumn {
  readonly rule: CellRule
  /** How its values are masked where the person does not see them whole; null: never. */
  readonly mask: 'phone' | 'number' | null
  /** Resource whose titles stand for the ids that the column holds. */
  readonly titlesOf: string | null
}

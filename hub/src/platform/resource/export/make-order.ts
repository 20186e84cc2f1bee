/** The wish of a person, with all that depends on rights decided, as an order. */
import type { Viewer } from '../../auth/user.ts'
import type { CellContext } from '../cell-text.ts'
import type { Field } from '../field.ts'
import { cellRuleOf, rulesOf } from '../kinds.ts'
import { fileStatement, type Query, type Sorting, type Statement } from '../list.repository.ts'
import { findResource } from '../resource.ts'
import type { SheetFormat } from '../sheet/sheet-file.ts'
import type { SheetColumn } from '../sheet/xlsx-writer.ts'
import { titlesStatement } from '../titles.repository.ts'
import type { ExportOrder, OrderColumn } from './order.ts'

export interface Wish {
  readonly user: Viewer
  readonly query: Query
  readonly sorting: Sorting
  /** Columns of the file. */
  readonly fields: readonly Field[]
  readonly format: SheetFormat
  readonly cells: CellContext
}

export function makeOrder({ user, query, sorting, fields, format, cells }: Wish): ExportOrder {
  const titles = new Map<string, Statement>()
  for (const { kind, resource: name } of fields) {
    const target = kind === 'reference' && name ? findResource(name) : undefined
    if (target) titles.set(target.name, titlesStatement(target, user))
  }
  return {
    format,
    name: query.shape.resource.label[cells.language],
    list: fileStatement(query, sorting, fields),
    columns: fields.map((field) => orderColumn(field, cells)),
    titles,
  }
}

function orderColumn(field: Field, cells: CellContext): OrderColumn {
  return {
    ...sheetColumn(field, field.label[cells.language]),
    rule: cellRuleOf(field, cells),
    mask: field.sensitive ? (field.kind === 'phone' ? 'phone' : 'number') : null,
    titlesOf: field.kind === 'reference' ? field.resource! : null,
  }
}

export function sheetColumn(field: Field, head: string): SheetColumn {
  const { cellType } = rulesOf(field)
  const width = field.kind === 'longText' ? 40 : cellType === 'text' ? 20 : cellType === 'instant' ? 19 : 12
  return { head, kind: cellType, width }
}

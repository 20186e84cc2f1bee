/** An order carried out: rows as cells, into a file. */
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { maskIdentityNumber, maskPhone } from '../../auth/mask.ts'
import { cellText, HIDDEN_TITLE } from '../cell-text.ts'
import type { FieldValue } from '../field.ts'
import { sheetStream } from '../sheet/sheet-file.ts'
import { stepsOf, titlesOf, type Client, type Titles } from './order-rows.repository.ts'
import type { ExportOrder, OrderColumn } from './order.ts'

/**
 * Of one step of the cursor, and of one look-up of titles: memory is that of a few steps, so that rows with long texts
 * come in small ones.
 */
const MOST_ROWS = 500
const MOST_CHARACTERS = 400_000
const FIRST_ROWS = 50

/**
 * Inside a transaction that has just begun: one snapshot for the whole file.
 * @returns number of rows
 */
export async function writeOrder(client: Client, order: ExportOrder, file: Writable): Promise<number> {
  let count = 0
  let size = FIRST_ROWS
  async function* cells(): AsyncGenerator<string[][]> {
    for await (const rows of stepsOf(client, order, () => size)) {
      const titles = await titlesOf(client, order, rows)
      count += rows.length
      const texts = rows.map((row) =>
        order.columns.map((column, at) => cellOf(column, row[at + 1], row[0], titles)),
      )
      size = nextSize(texts)
      yield texts
    }
  }
  await pipeline(sheetStream(order.format, order.name, order.columns, cells()), file)
  return count
}

function nextSize(texts: readonly (readonly string[])[]): number {
  const characters = texts.reduce((sum, row) => row.reduce((all, { length }) => all + length, sum), 0)
  const rows = Math.floor((MOST_CHARACTERS * texts.length) / Math.max(1, characters))
  return Math.min(MOST_ROWS, Math.max(1, rows))
}

function cellOf(
  { rule, mask, titlesOf: target }: OrderColumn,
  value: FieldValue | Date | undefined,
  seesSensitive: boolean,
  titles: Titles,
): string {
  if (value === null || value === undefined) return ''
  if (target !== null) return titles.get(target)?.get(String(value)) ?? HIDDEN_TITLE
  // What a person may reveal one by one is whole in a file: the audit trail names the columns
  if (mask === null || seesSensitive) return cellText(value, rule)
  if (typeof value !== 'string') return '*'
  return mask === 'phone' ? maskPhone(value) : maskIdentityNumber(value)
}

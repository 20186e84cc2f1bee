/** An order carried out: rows through a cursor of the server, as cells, into a file. */
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { maskIdentityNumber, maskPhone } from '../../auth/mask.ts'
import { cellText, HIDDEN_TITLE } from '../cell-text.ts'
import type { FieldValue } from '../field.ts'
import { sheetStream } from '../sheet/sheet-file.ts'
import type { ExportOrder, OrderColumn } from './order.ts'

/**
 * Of one step of the cursor, and of one look-up of titles: memory is that of a few steps, so that rows with long texts
 * come in small ones.
 */
const MOST_ROWS = 500
const MOST_CHARACTERS = 400_000
const FIRST_ROWS = 50

type Client = Pick<pg.ClientBase, 'query'>
/** Whether sensitive values are seen whole, then the values. */
type Row = [seesSensitive: boolean, ...values: (FieldValue | Date)[]]
type Titles = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Inside a transaction that has just begun: one snapshot for the whole file.
 * @returns number of rows
 */
export async function writeOrder(client: Client, order: ExportOrder, file: Writable): Promise<number> {
  await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
  const { text, values } = order.list
  await client.query(`DECLARE exported NO SCROLL CURSOR FOR ${text}`, values)
  let count = 0
  let size = FIRST_ROWS
  async function* cells(): AsyncGenerator<string[][]> {
    for await (const rows of steps(client, () => size)) {
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

async function* steps(client: Client, size: () => number): AsyncGenerator<Row[]> {
  for (;;) {
    const { rows } = await client.query<Row>({ text: `FETCH ${size()} FROM exported`, rowMode: 'array' })
    if (rows.length === 0) return
    yield rows
    // Promises of the driver hold a result until V8 collects its old space: all rows would be there together
    rows.length = 0
  }
}

async function titlesOf(
  client: Client,
  { columns, titles }: ExportOrder,
  rows: readonly Row[],
): Promise<Titles> {
  const found = new Map<string, ReadonlyMap<string, string>>()
  for (const [name, { text, values }] of titles) {
    const ids = new Set<unknown>()
    for (const [at, column] of columns.entries()) {
      if (column.titlesOf === name) for (const row of rows) if (row[at + 1] !== null) ids.add(row[at + 1])
    }
    const result = await client.query<{ id: string; title: string | null }>(text, [[...ids], ...values])
    found.set(name, new Map(result.rows.map(({ id, title }) => [id, title ?? ''])))
  }
  return found
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

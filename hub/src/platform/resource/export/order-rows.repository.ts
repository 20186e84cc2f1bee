/** Rows of an order through a cursor of the server, inside a transaction that has just begun. */
import type pg from 'pg'
import type { FieldValue } from '../field.ts'
import type { ExportOrder } from './order.ts'

export type Client = Pick<pg.ClientBase, 'query'>
/** Whether sensitive values are seen whole, then the values. */
export type Row = [seesSensitive: boolean, ...values: (FieldValue | Date)[]]
/** By resource and id. */
export type Titles = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * All rows in one snapshot, some at a time; an array is empty once the next one is asked for.
 * @param size how many the next step brings
 */
export async function* stepsOf(
  client: Client,
  { list }: ExportOrder,
  size: () => number,
): AsyncGenerator<Row[]> {
  await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
  await client.query(`DECLARE exported NO SCROLL CURSOR FOR ${list.text}`, list.values)
  for (;;) {
    const { rows } = await client.query<Row>({ text: `FETCH ${size()} FROM exported`, rowMode: 'array' })
    if (rows.length === 0) return
    yield rows
    // Promises of the driver hold a result until V8 collects its old space: all rows would be there together
    rows.length = 0
  }
}

/** Of what the rows lead to, as far as the person may see it; one query per resource. */
export async function titlesOf(
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

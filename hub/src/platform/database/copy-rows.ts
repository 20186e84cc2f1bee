import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

/**
 * Dates go as instants, buffers as bytea, arrays as one-dimensional arrays, objects as JSON; numbers and
 * bigints as their decimal text.
 */
export type CopyValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Uint8Array
  | readonly (string | number | bigint | boolean | null | Date)[]
  | { readonly json: unknown }

const CHUNK_CHARACTERS = 64 * 1024

/**
 * `COPY table (columns) FROM STDIN`, streaming: rows are taken from the iterable only as fast as the server
 * takes them.
 * @returns number of rows
 */
export async function copyRows(
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly CopyValue[]> | AsyncIterable<readonly CopyValue[]>,
): Promise<number> {
  const quoted = columns.map(quoteName).join(', ')
  const stream = client.query(copyFrom(`COPY ${quoteName(table)} (${quoted}) FROM STDIN`))
  const chunks =
    Symbol.asyncIterator in rows ? chunksOfAsync(rows, columns.length) : chunksOf(rows, columns.length)
  await pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 1 }), stream)
  return stream.rowCount
}

function* chunksOf(rows: Iterable<readonly CopyValue[]>, width: number): Generator<Buffer> {
  let text = ''
  for (const row of rows) {
    text += copyLine(row, width)
    if (text.length < CHUNK_CHARACTERS) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text) yield Buffer.from(text)
}

async function* chunksOfAsync(
  rows: AsyncIterable<readonly CopyValue[]>,
  width: number,
): AsyncGenerator<Buffer> {
  let text = ''
  for await (const row of rows) {
    text += copyLine(row, width)
    if (text.length < CHUNK_CHARACTERS) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text) yield Buffer.from(text)
}

/** One line of COPY's text format. @throws RangeError when the row has another width */
export function copyLine(row: readonly CopyValue[], width: number): string {
  if (row.length !== width) throw new RangeError(`row of ${row.length} values for ${width} columns`)
  let line = copyText(row[0]!)
  for (let column = 1; column < width; column++) line += '\t' + copyText(row[column] as CopyValue)
  return line + '\n'
}

function copyText(value: CopyValue): string {
  if (value === null) return '\\N'
  if (typeof value === 'string') return escapeText(value)
  if (typeof value !== 'object') return typeof value === 'boolean' ? (value ? 't' : 'f') : String(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array)
    return `\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  if (Array.isArray(value))
    return arrayText(value as readonly (string | number | bigint | boolean | null | Date)[])
  return escapeText(JSON.stringify((value as { json: unknown }).json))
}

const special = /[\\\t\n\r]/
const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function escapeText(text: string): string {
  return special.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => escapes[character]!) : text
}

function arrayText(values: readonly (string | number | bigint | boolean | null | Date)[]): string {
  let text = '{'
  for (let index = 0; index < values.length; index++) {
    if (index > 0) text += ','
    const value = values[index]!
    if (value === null) text += 'NULL'
    else if (typeof value === 'string') text += escapeText(`"${value.replace(/["\\]/g, '\\$&')}"`)
    else if (value instanceof Date) text += `"${value.toISOString()}"`
    else text += String(value)
  }
  return text + '}'
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

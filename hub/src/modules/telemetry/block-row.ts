/** Rows of reading_block as they come from the database. */
import type { Block } from './domain/blocks.ts'

/** Arrays come as PostgreSQL's text: taking them apart here is several times faster than the driver's parser. */
export interface BlockRow {
  readonly point_id: number
  readonly first_ms: string
  readonly last_ms: string
  readonly serial_text: string
  readonly offsets: string
  readonly mantissas: string
  readonly qualities: string | null
  readonly batch_id: string
  readonly batches: string | null
}

/** Columns of a BlockRow for a select list. None of them hides a column that one may order by. */
export const BLOCK_COLUMNS = `point_id, (extract(epoch from first_at) * 1000)::bigint::text as first_ms,
  (extract(epoch from last_at) * 1000)::bigint::text as last_ms, serial::text as serial_text, offsets::text, mantissas::text,
  qualities::text, batch_id::text, batches::text`

export function parseBlock(row: BlockRow): Block {
  return {
    firstMs: Number(row.first_ms),
    lastMs: Number(row.last_ms),
    offsets: parseNumbers(row.offsets),
    mantissas: parseNullable(row.mantissas),
    qualities: row.qualities === null ? null : parseNumbers(row.qualities),
    batchId: BigInt(row.batch_id),
    batches: row.batches === null ? null : parseNumbers(row.batches),
  }
}

function parseNumbers(text: string): number[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',').map(Number)
}

function parseNullable(text: string): (number | null)[] {
  const parts = text.slice(1, -1).split(',')
  return parts.map((part) => (part === 'NULL' ? null : Number(part)))
}

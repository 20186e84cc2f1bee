/** Readings of points as columns, put together from their blocks. */
import type { PoolClient } from 'pg'
import { BLOCK_COLUMNS, parseBlock, type BlockRow } from './block-row.ts'
import { expandBlock } from './domain/blocks.ts'

/** Readings of one point, ascending by instant (equal instants: in the order in which they were stored). */
export interface ReadingColumns {
  readonly atMs: number[]
  /** Safe integers: value × 10^scale of the point; null where there is no value. */
  readonly mantissas: (number | null)[]
  readonly qualities: number[]
  /** The batch that brought each reading. */
  readonly batchIds: bigint[]
}

export interface ReadOptions {
  /**
   * Adds the last reading before `fromMs` and the first one at or after `toMs` of each point, of those that
   * carry a value, however far away they are.
   */
  readonly neighbours?: boolean
  /** Leaves out readings without a value. */
  readonly valuesOnly?: boolean
}

/**
 * Readings with `fromMs` ≤ instant < `toMs` of many points in one statement. Points without readings are
 * missing from the map.
 */
export async function readPointReadings(
  client: Pick<PoolClient, 'query'>,
  pointIds: readonly number[],
  fromMs: number,
  toMs: number,
  options: ReadOptions = {},
): Promise<Map<number, ReadingColumns>> {
  const { rows } = await client.query<BlockRow>(options.neighbours ? WITH_NEIGHBOURS : WITHIN, [
    pointIds,
    new Date(fromMs),
    new Date(toMs),
  ])
  const unsorted = new Map<number, ReadingColumns>()
  for (const row of rows) {
    let columns = unsorted.get(row.point_id)
    if (!columns) unsorted.set(row.point_id, (columns = emptyColumns()))
    appendBlock(columns, row)
  }
  const result = new Map<number, ReadingColumns>()
  for (const [pointId, columns] of unsorted) {
    const picked = pick(sortColumns(columns), fromMs, toMs, options)
    if (picked.atMs.length > 0) result.set(pointId, picked)
  }
  return result
}

/** A block lies within one UTC day, so the blocks that can reach into [from, to) begin on from's day or later. */
const WITHIN = `select ${BLOCK_COLUMNS} from reading_block
  where point_id = any($1::int[]) and first_at >= date_trunc('day', $2::timestamptz, 'UTC')
    and first_at < $3::timestamptz and last_at >= $2::timestamptz
  order by point_id, first_at, serial`

/** Blocks of failed readings only would be read in vain. */
const HAS_VALUE = `array_length(array_remove(mantissas, null), 1) > 0`

/**
 * The neighbour before lies on the last UTC day that has a value before `from`, the one after on the first
 * day that has a value from `to` on: all blocks of those days are read and the nearest reading is picked.
 * `from`'s own day may have values only after `from`, therefore the day is sought by its blocks' valued readings.
 */
const WITH_NEIGHBOURS = `with wanted as (select unnest($1::int[]) as id),
  span as (
    select id,
      coalesce((select date_trunc('day', first_at, 'UTC') from reading_block b
        where b.point_id = id and first_at < $2::timestamptz and exists (
          select from unnest(b.offsets, b.mantissas) as r(o, m)
          where m is not null and b.first_at + o * interval '1 millisecond' < $2::timestamptz)
        order by first_at desc limit 1), date_trunc('day', $2::timestamptz, 'UTC')) as low,
      coalesce((select date_trunc('day', first_at, 'UTC') + interval '1 day' from reading_block b
        where b.point_id = id and first_at >= date_trunc('day', $3::timestamptz, 'UTC')
          and last_at >= $3::timestamptz and exists (
          select from unnest(b.offsets, b.mantissas) as r(o, m)
          where m is not null and b.first_at + o * interval '1 millisecond' >= $3::timestamptz)
        order by first_at limit 1), $3::timestamptz) as high
    from wanted)
  select ${BLOCK_COLUMNS} from span join reading_block b
    on b.point_id = span.id and b.first_at >= span.low and b.first_at < span.high
  where (b.last_at >= $2::timestamptz and b.first_at < $3::timestamptz) or ${HAS_VALUE}
  order by point_id, first_at, serial`

function emptyColumns(): ReadingColumns {
  return { atMs: [], mantissas: [], qualities: [], batchIds: [] }
}

function appendBlock(columns: ReadingColumns, row: BlockRow): void {
  const readings = expandBlock(parseBlock(row))
  for (let i = 0; i < readings.atMs.length; i++) {
    columns.atMs.push(readings.atMs[i]!)
    columns.mantissas.push(readings.mantissas[i]!)
    columns.qualities.push(readings.qualities[i]!)
    columns.batchIds.push(readings.batchIds[i]!)
  }
}

/** Blocks may overlap when readings came late; stable, so equal instants keep their order. */
function sortColumns(columns: ReadingColumns): ReadingColumns {
  const { atMs } = columns
  if (atMs.every((at, i) => i === 0 || at >= atMs[i - 1]!)) return columns
  const order = atMs.map((_, i) => i).sort((a, b) => atMs[a]! - atMs[b]!)
  return select(columns, order)
}

function select(columns: ReadingColumns, order: readonly number[]): ReadingColumns {
  return {
    atMs: order.map((i) => columns.atMs[i]!),
    mantissas: order.map((i) => columns.mantissas[i]!),
    qualities: order.map((i) => columns.qualities[i]!),
    batchIds: order.map((i) => columns.batchIds[i]!),
  }
}

function pick(columns: ReadingColumns, fromMs: number, toMs: number, options: ReadOptions): ReadingColumns {
  const { atMs, mantissas } = columns
  const inside: number[] = []
  let before = -1
  let after = -1
  for (let i = 0; i < atMs.length; i++) {
    const hasValue = mantissas[i] !== null
    if (atMs[i]! < fromMs) {
      if (hasValue) before = i
    } else if (atMs[i]! >= toMs) {
      if (hasValue && after < 0) after = i
    } else if (hasValue || !options.valuesOnly) {
      inside.push(i)
    }
  }
  if (options.neighbours && before >= 0) inside.unshift(before)
  if (options.neighbours && after >= 0) inside.push(after)
  return inside.length === atMs.length ? columns : select(columns, inside)
}

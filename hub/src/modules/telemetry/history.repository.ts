/** Readings of one point for a chart: streamed day by day, never all at once. */
import type { PoolClient } from 'pg'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { BLOCK_COLUMNS, parseBlock, type BlockRow } from './block-row.ts'
import type { Block } from './domain/blocks.ts'

type Client = Pick<PoolClient, 'query'>

export interface ChartedPoint {
  readonly id: number
  readonly unit: string
  readonly scale: number
  readonly intervalMs: number
}

export async function findPoint(client: Client, user: Viewer, id: number): Promise<ChartedPoint | null> {
  const params: unknown[] = [id]
  const { rows } = await client.query<ChartedPoint>(
    `select p.id, p.unit, p.scale, p.interval_ms as "intervalMs" from point p join device d on d.id = p.device_id
     where p.id = $1 and ${scopeSql(user, 'devices.read', { project: 'd.project_id' }, params)}`,
    params,
  )
  return rows[0] ?? null
}

const PAGE_BLOCKS = 200

/** Blocks that may hold readings within [from, to), ascending by their first instant, page by page. */
export async function* blocksOf(
  client: Client,
  pointId: number,
  fromMs: number,
  toMs: number,
): AsyncGenerator<Block> {
  let after: readonly [first: string | null, serial: string | null] = [null, null]
  for (;;) {
    const { rows }: { rows: (BlockRow & { first_at_text: string })[] } = await client.query(
      `select ${BLOCK_COLUMNS}, first_at::text as first_at_text from reading_block
       where point_id = $1 and first_at >= date_trunc('day', $2::timestamptz, 'UTC') and first_at < $3::timestamptz
         and last_at >= $2::timestamptz and ($4::timestamptz is null or (first_at, serial) > ($4, $5::bigint))
       order by point_id, first_at, serial limit ${PAGE_BLOCKS}`,
      [pointId, new Date(fromMs), new Date(toMs), ...after],
    )
    for (const row of rows) yield parseBlock(row)
    const last = rows.at(-1)
    if (!last || rows.length < PAGE_BLOCKS) return
    after = [last.first_at_text, last.serial_text]
  }
}

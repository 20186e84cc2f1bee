/** Finds and replaces small blocks. */
import type { PoolClient } from 'pg'
import { BLOCK_COLUMNS, parseBlock, type BlockRow } from './block-row.ts'
import type { Block } from './domain/blocks.ts'
import { insertBlocks, type PointBlock } from './ingest.repository.ts'

type Client = Pick<PoolClient, 'query'>

/** A UTC day of a point. */
export interface PointDay {
  readonly pointId: number
  /** Begin of the day, as PostgreSQL writes it. */
  readonly day: string
}

/** Blocks below this are merged; the partial index reading_block_small says the same. */
const SMALL = 'readings < 250'

/** Days of points with at least `minBlocks` small blocks that begin before the instant, the most scattered first. */
export async function scatteredDays(
  client: Client,
  before: Date,
  options: { minBlocks: number; limit: number },
): Promise<PointDay[]> {
  const { rows } = await client.query<PointDay>(
    `select point_id as "pointId", date_trunc('day', first_at, 'UTC')::text as day
     from reading_block where ${SMALL} and first_at < $1
     group by point_id, date_trunc('day', first_at, 'UTC')
     having count(*) >= $2 order by count(*) desc, point_id limit $3`,
    [before, options.minBlocks, options.limit],
  )
  return rows
}

export interface StoredBlock extends Block {
  readonly pointId: number
  readonly serial: string
  readonly firstAtText: string
}

/** Small blocks of these days that end before the instant; nobody else may merge them until the transaction ends. */
export async function lockBlocks(
  client: Client,
  days: readonly PointDay[],
  before: Date,
): Promise<StoredBlock[]> {
  const { rows } = await client.query<BlockRow & { first_at_text: string }>(
    `select ${BLOCK_COLUMNS}, first_at::text as first_at_text from reading_block b
       join unnest($1::int[], $2::timestamptz[]) as d (point, day)
         on b.point_id = d.point and b.first_at >= d.day and b.first_at < d.day + interval '24 hours'
     where b.${SMALL} and b.last_at < $3 order by point_id, first_at, serial for update of b skip locked`,
    [days.map(({ pointId }) => pointId), days.map(({ day }) => day), before],
  )
  return rows.map((row) => ({
    ...parseBlock(row),
    pointId: row.point_id,
    serial: row.serial_text,
    firstAtText: row.first_at_text,
  }))
}

export async function replaceBlocks(
  client: PoolClient,
  old: readonly StoredBlock[],
  merged: readonly PointBlock[],
): Promise<void> {
  await client.query(
    `delete from reading_block b using unnest($1::int[], $2::timestamptz[], $3::bigint[]) as o (point, first, serial)
     where b.point_id = o.point and b.first_at = o.first and b.serial = o.serial`,
    [
      old.map(({ pointId }) => pointId),
      old.map(({ firstAtText }) => firstAtText),
      old.map(({ serial }) => serial),
    ],
  )
  await insertBlocks(client, merged)
}

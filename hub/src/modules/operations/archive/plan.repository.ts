/**
 * What may leave the database. Never: days and messages that bills younger than the set years rest on, the last two days
 * of each point before the horizon (what comes after is computed from them), messages that somebody still has to look at
 * or that not every follower of the log has read, and what was put back lately.
 */
import type { PoolClient } from 'pg'

export type ArchiveKind = 'readings' | 'batches'

/** One project as it is to be archived. */
export interface Cut {
  readonly projectId: string
  readonly kind: ArchiveKind
  /** Goes: what lies before. */
  readonly before: Date
  /** Bills issued since then keep their evidence. */
  readonly billsSince: Date
  /** What was put back since then stays for a while. */
  readonly restoredSince: Date
}

/** A block lies within one UTC day; a point's last two days with a value before the cut stay. */
const DAY = `date_trunc('day', b.first_at, 'UTC')`
const HAS_VALUE = `array_length(array_remove(b.mantissas, null), 1) > 0`
const LAST_DAY = (before: string) => `(select ${DAY} as day from reading_block b
  where b.point_id = p.id and b.first_at < ${before} and ${HAS_VALUE} order by b.first_at desc limit 1)`

/** What a cut leaves where it is. */
export interface Spared {
  /** UTC days of readings that bills rest on. */
  readonly days: readonly Date[]
  /** Messages that bills rest on. */
  readonly batches: readonly string[]
  /** Of each point the last but one day with a value before the cut; null when it has none. */
  readonly points: readonly { readonly id: number; readonly day: Date | null }[]
}

/** Reads the evidence of all bills that count. */
export async function sparedBy(client: PoolClient, cut: Cut): Promise<Spared> {
  const ofReadings = cut.kind === 'readings'
  const wanted = ofReadings
    ? `date_trunc('day', (read->>'at')::timestamptz, 'UTC') as day, null as batch`
    : `null as day, read->>'batchId' as batch`
  const { rows } = await client.query<{ day: Date | null; batch: string | null }>(
    `select distinct ${wanted} from bill join bill_evidence e on e.bill_id = bill.id
       cross join lateral json_array_elements(e.segments) as segment
       cross join lateral (values (segment->'from'), (segment->'to')) as side (boundary)
       cross join lateral json_array_elements(side.boundary->'reads') as read
     where bill.project_id = $1 and (bill.status = 'draft' or bill.issued_at >= $2)`,
    [cut.projectId, cut.billsSince],
  )
  return {
    days: rows.flatMap(({ day }) => day ?? []),
    batches: rows.flatMap(({ batch }) => batch ?? []),
    points: ofReadings ? await lastDays(client, cut) : [],
  }
}

async function lastDays(client: PoolClient, cut: Cut): Promise<{ id: number; day: Date | null }[]> {
  const { rows } = await client.query<{ id: number; day: Date | null }>(
    `select p.id, second.day from point p join device d on d.id = p.device_id
       left join lateral ${LAST_DAY('$2::timestamptz')} as first on true
       left join lateral ${LAST_DAY('first.day')} as second on true
     where d.project_id = $1`,
    [cut.projectId, cut.before],
  )
  return rows
}

/** Makes them known to the statements below, until the transaction ends. */
export async function noteSpared(client: PoolClient, { days, batches, points }: Spared): Promise<void> {
  const temporary = async (table: string) => {
    await client.query(`create temp table if not exists ${table} on commit delete rows`)
  }
  await temporary('spared_day (day timestamptz primary key)')
  await temporary('spared_batch (id bigint primary key)')
  await temporary('last_day (point_id int primary key, day timestamptz)')
  await client.query('insert into spared_day select unnest($1::timestamptz[])', [days])
  await client.query('insert into spared_batch select unnest($1::bigint[])', [batches])
  await client.query('insert into last_day select * from unnest($1::int[], $2::timestamptz[])', [
    points.map(({ id }) => id),
    points.map(({ day }) => day),
  ])
  // A table of a moment ago has no statistics
  for (const table of ['spared_day', 'spared_batch', 'last_day']) await client.query(`analyze ${table}`)
}

/** Of a cut whose exceptions are noted; `$1` project, `$2` before, `$3` restored since. */
const READINGS = `from reading_block b join last_day l on l.point_id = b.point_id
  where b.last_at < $2::timestamptz and ${DAY} < l.day
    and not exists (select from spared_day s where s.day = ${DAY})
    and not exists (select from telemetry_archive a where a.project_id = $1 and a.kind = 'readings'
      and a.state = 'restored' and a.restored_at >= $3::timestamptz and a.day = (${DAY} at time zone 'UTC')::date)`

const RECEIVED_DAY = `date_trunc('day', b.received_at, 'UTC')`
const BATCHES = `from reading_batch b join gateway g on g.id = b.gateway_id
  where g.project_id = $1 and b.received_at < $2::timestamptz and (b.last_at is null or b.last_at < $2::timestamptz)
    and b.archive_id is null and length(b.payload) > 0
    and b.id <= (select coalesce(min(batch_id), 0) from log_cursor)
    and not exists (select from spared_batch s where s.id = b.id or s.id = b.replay_of)
    and not exists (select from quarantine_entry q where q.batch_id = b.id and q.state = 'open')
    and not exists (select from telemetry_archive a where a.project_id = $1 and a.kind = 'batches'
      and a.state = 'restored' and a.restored_at >= $3::timestamptz
      and a.day = (${RECEIVED_DAY} at time zone 'UTC')::date)`

export interface CutSize {
  readonly days: number
  readonly firstDay: string | null
  readonly lastDay: string | null
  /** Blocks, or messages. */
  readonly rows: string
  readonly readings: string
  /** In the database. */
  readonly bytes: string
}

const paramsOf = (cut: Cut) => [cut.projectId, cut.before, cut.restoredSince]

/** What would go; exceptions must be noted before. */
export async function sizeOf(client: PoolClient, cut: Cut): Promise<CutSize> {
  const [day, bytes, from] =
    cut.kind === 'readings'
      ? [DAY, 'pg_column_size(b.*)', READINGS]
      : [RECEIVED_DAY, 'length(b.payload)', BATCHES]
  const { rows } = await client.query<CutSize>(
    `select count(distinct ${day})::int as days, (min(${day}) at time zone 'UTC')::date::text as "firstDay",
       (max(${day}) at time zone 'UTC')::date::text as "lastDay", count(*)::text as rows,
       coalesce(sum(b.readings), 0)::text as readings, coalesce(sum(${bytes}), 0)::text as bytes ${from}`,
    paramsOf(cut),
  )
  return rows[0]!
}

/** UTC days with something that goes, oldest first; exceptions must be noted before. */
export async function daysOf(client: PoolClient, cut: Cut): Promise<string[]> {
  const [day, from] = cut.kind === 'readings' ? [DAY, READINGS] : [RECEIVED_DAY, BATCHES]
  const { rows } = await client.query<{ day: string }>(
    `select distinct (${day} at time zone 'UTC')::date::text as day ${from} order by 1`,
    paramsOf(cut),
  )
  return rows.map((row) => row.day)
}

export interface ArchivedBlock {
  readonly pointId: number
  readonly gatewayId: string
  readonly gateway: string
  /** `device/point`, as the gateway calls it. */
  readonly point: string
  readonly device: string
  readonly unit: string
  readonly scale: number
  /** Milliseconds since the epoch. */
  readonly firstMs: number
  readonly lastMs: number
  readonly offsets: readonly number[]
  /** Value × 10^scale. */
  readonly mantissas: readonly (number | null)[]
  readonly qualities: readonly number[] | null
  readonly batchId: string
  readonly batches: readonly number[] | null
}

export interface ArchivedBatch {
  readonly id: string
  readonly gatewayId: string
  readonly gateway: string
  readonly outbox: string
  readonly sequence: string
  readonly receivedAt: string
  readonly readings: number
  readonly events: number
  readonly firstAt: string | null
  readonly lastAt: string | null
  readonly replayOf: string | null
  readonly sha256: string
  /** As it came, base64. */
  readonly payload: string
}

const WITHIN_DAY = (column: string) =>
  `and ${column} >= $4::timestamptz and ${column} < $4::timestamptz + interval '24 hours'`

export interface BlockKey {
  readonly pointId: number
  readonly firstAt: Date
  readonly serial: string
}

/** Keys of what goes of one day, locked until the transaction ends. */
export async function lockBlocks(client: PoolClient, cut: Cut, day: string): Promise<BlockKey[]> {
  const { rows } = await client.query<BlockKey>(
    `select b.point_id as "pointId", b.first_at as "firstAt", b.serial::text as serial
     ${READINGS} ${WITHIN_DAY('b.first_at')} order by b.point_id, b.first_at, b.serial for update of b`,
    [...paramsOf(cut), `${day}T00:00:00Z`],
  )
  return rows
}

export async function lockBatches(client: PoolClient, cut: Cut, day: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select b.id::text as id ${BATCHES} ${WITHIN_DAY('b.received_at')} order by b.id for update of b`,
    [...paramsOf(cut), `${day}T00:00:00Z`],
  )
  return rows.map(({ id }) => id)
}

const ROWS_AT_ONCE = 500

/** In the order of the keys. */
export async function* blocksOf(
  client: PoolClient,
  keys: readonly BlockKey[],
): AsyncGenerator<ArchivedBlock> {
  for (let i = 0; i < keys.length; i += ROWS_AT_ONCE) {
    const some = keys.slice(i, i + ROWS_AT_ONCE)
    const { rows } = await client.query<ArchivedBlock>(
      `select b.point_id as "pointId", g.id as "gatewayId", g.name as gateway, p.key as point, d.name as device,
         p.unit, p.scale, (extract(epoch from b.first_at) * 1000)::float8 as "firstMs",
         (extract(epoch from b.last_at) * 1000)::float8 as "lastMs", to_json(b.offsets) as offsets,
         to_json(b.mantissas) as mantissas, to_json(b.qualities) as qualities, b.batch_id::text as "batchId",
         to_json(b.batches) as batches
       from unnest($1::int[], $2::timestamptz[], $3::bigint[]) with ordinality as k (point, first, serial, position)
         join reading_block b on b.point_id = k.point and b.first_at = k.first and b.serial = k.serial
         join point p on p.id = b.point_id join device d on d.id = p.device_id join gateway g on g.id = p.gateway_id
       order by k.position`,
      [some.map((key) => key.pointId), some.map((key) => key.firstAt), some.map((key) => key.serial)],
    )
    yield* rows
  }
}

const INSTANT = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

export async function* batchesOf(client: PoolClient, ids: readonly string[]): AsyncGenerator<ArchivedBatch> {
  for (let i = 0; i < ids.length; i += ROWS_AT_ONCE) {
    const { rows } = await client.query<ArchivedBatch>(
      `select b.id::text, b.gateway_id as "gatewayId", g.name as gateway, b.outbox, b.sequence::text,
         ${INSTANT('b.received_at')} as "receivedAt", b.readings, b.events, ${INSTANT('b.first_at')} as "firstAt",
         ${INSTANT('b.last_at')} as "lastAt", b.replay_of::text as "replayOf",
         encode(sha256(b.payload), 'hex') as sha256, translate(encode(b.payload, 'base64'), E'\\n', '') as payload
       from reading_batch b join gateway g on g.id = b.gateway_id where b.id = any($1::bigint[]) order by b.id`,
      [ids.slice(i, i + ROWS_AT_ONCE)],
    )
    yield* rows
  }
}

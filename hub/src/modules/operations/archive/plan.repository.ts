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

/**
 * Notes, for the rest of the transaction, what the cut spares. Reads the evidence of bills once.
 * @returns how many days (readings) or messages (batches) bills keep
 */
export async function noteSpared(client: PoolClient, cut: Cut): Promise<number> {
  await client.query(
    'create temp table if not exists spared_day (day timestamptz primary key) on commit delete rows',
  )
  await client.query(
    'create temp table if not exists spared_batch (id bigint primary key) on commit delete rows',
  )
  await client.query(
    'create temp table if not exists last_day (point_id int primary key, day timestamptz) on commit delete rows',
  )
  const wanted =
    cut.kind === 'readings'
      ? `insert into spared_day select distinct date_trunc('day', (read->>'at')::timestamptz, 'UTC')`
      : `insert into spared_batch select distinct (read->>'batchId')::bigint`
  const { rowCount } = await client.query(
    `${wanted} from bill join bill_evidence e on e.bill_id = bill.id
       cross join lateral json_array_elements(e.segments) as segment
       cross join lateral (values (segment->'from'), (segment->'to')) as side (boundary)
       cross join lateral json_array_elements(side.boundary->'reads') as read
     where bill.project_id = $1 and (bill.status = 'draft' or bill.issued_at >= $2)
       and read->>'at' is not null and ($3 = 'readings' or read->>'batchId' is not null)`,
    [cut.projectId, cut.billsSince, cut.kind],
  )
  if (cut.kind === 'readings') {
    await client.query(
      `insert into last_day select p.id, second.day from point p join device d on d.id = p.device_id
         left join lateral ${LAST_DAY('$2::timestamptz')} as first on true
         left join lateral ${LAST_DAY('first.day')} as second on true
       where d.project_id = $1`,
      [cut.projectId, cut.before],
    )
  }
  return rowCount ?? 0
}

/** Of a cut whose exceptions are noted; `$1` project, `$2` before, `$3` restored since. */
const READINGS = `from reading_block b join last_day l on l.point_id = b.point_id
  where b.last_at < $2::timestamptz and $1::uuid is not null and ${DAY} < l.day
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
  /** Not written: the key in the table. */
  readonly serial: string
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

const TAKEN_READINGS = `select b.point_id as "pointId", gw.id as "gatewayId", gw.name as gateway, p.key as point,
    d.name as device, p.unit, p.scale, (extract(epoch from b.first_at) * 1000)::bigint::text as "firstMs",
    (extract(epoch from b.last_at) * 1000)::bigint::text as "lastMs", to_json(b.offsets) as offsets,
    to_json(b.mantissas) as mantissas, to_json(b.qualities) as qualities, b.batch_id::text as "batchId",
    to_json(b.batches) as batches, b.serial::text as serial
  ${READINGS.replace(
    'where',
    `join point p on p.id = b.point_id join device d on d.id = p.device_id join gateway gw on gw.id = p.gateway_id
  where`,
  )} and b.first_at >= $4::timestamptz and b.first_at < $4::timestamptz + interval '24 hours'
  order by b.point_id, b.first_at, b.serial for update of b`

const INSTANT = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
const TAKEN_BATCHES = `select b.id::text, b.gateway_id as "gatewayId", g.name as gateway, b.outbox,
    b.sequence::text, ${INSTANT('b.received_at')} as "receivedAt", b.readings, b.events,
    ${INSTANT('b.first_at')} as "firstAt", ${INSTANT('b.last_at')} as "lastAt", b.replay_of::text as "replayOf",
    encode(sha256(b.payload), 'hex') as sha256, translate(encode(b.payload, 'base64'), E'\\n', '') as payload
  ${BATCHES} and b.received_at >= $4::timestamptz and b.received_at < $4::timestamptz + interval '24 hours'
  order by b.id for update of b`

/** Rows of one day, locked until the transaction ends, some at a time. */
export async function* takeDay(
  client: PoolClient,
  cut: Cut,
  day: string,
): AsyncGenerator<ArchivedBlock | ArchivedBatch> {
  const sql = cut.kind === 'readings' ? TAKEN_READINGS : TAKEN_BATCHES
  await client.query(`declare taken no scroll cursor for ${sql}`, [...paramsOf(cut), `${day}T00:00:00Z`])
  for (;;) {
    const { rows } = await client.query<Record<string, unknown>>('fetch 500 from taken')
    for (const row of rows) yield typed(row)
    if (rows.length < 500) break
  }
  await client.query('close taken')
}

function typed(row: Record<string, unknown>): ArchivedBlock | ArchivedBatch {
  if (!('firstMs' in row)) return row as unknown as ArchivedBatch
  return {
    ...row,
    firstMs: Number(row['firstMs']),
    lastMs: Number(row['lastMs']),
  } as unknown as ArchivedBlock
}

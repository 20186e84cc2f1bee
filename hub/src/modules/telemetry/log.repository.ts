/**
 * The batch log: entering it as a writer and reading it as a follower without skipping anything.
 *
 * Ids come from a sequence, so a batch with a smaller id may be committed after one with a larger id. Every
 * writer therefore notes, before it draws ids, where the sequence stands, by holding a shared advisory lock whose
 * key is that number. A follower reads up to the lowest number held: all ids up to there are decided. (Unlike
 * comparing transaction ids this doesn't wait for foreign long transactions, and survives a restored database.)
 */
import type { ClientBase } from 'pg'

/** Upper 16 bits of the advisory locks of writers; the lower 48 hold the position of the sequence. */
const WRITER_TAG = 0x4c47
const WRITER_KEY = `((${WRITER_TAG}::bigint << 48) | last_value)`
/** classid holds bits 32–63 of the key, objid bits 0–31; objsubid 1 marks keys of one bigint. */
const LOCK_POSITION = `(((classid::bigint & 65535) << 32) | objid::bigint)`
const IS_WRITER_LOCK = `locktype = 'advisory' and objsubid = 1 and (classid::bigint >> 16) = ${WRITER_TAG}
  and database = (select oid from pg_database where datname = current_database())`

/** To be called at the start of a transaction that writes batches, before the first id is drawn. */
export async function enterLog(client: ClientBase): Promise<void> {
  await client.query(`select pg_advisory_xact_lock_shared(${WRITER_KEY}) from reading_batch_id_seq`)
}

/** All batches with ids up to this one are decided: committed, or never will be. */
export async function logHorizon(client: ClientBase): Promise<bigint> {
  // Two statements, in this order: a writer that comes in between notes at least the number read first.
  const sequence = await client.query<{ last: string }>(
    `select last_value::text as last from reading_batch_id_seq`,
  )
  const last = BigInt(sequence.rows[0]!.last)
  const locks = await client.query<{ lowest: string | null }>(
    `select min(${LOCK_POSITION})::text as lowest from pg_locks where ${IS_WRITER_LOCK}`,
  )
  const lowest = locks.rows[0]!.lowest
  return lowest !== null && BigInt(lowest) < last ? BigInt(lowest) : last
}

export interface LogEntry {
  readonly id: bigint
  readonly gatewayId: string
  readonly replayOf: bigint | null
  readonly receivedAt: Date
  readonly readings: number
  /** Empty when no readings can be in it: batches of events alone would fill the memory for nothing. */
  readonly payload: Uint8Array
}

interface LogRow {
  id: string
  gateway_id: string
  replay_of: string | null
  received_at: Date
  readings: number
  payload: Buffer
}

/**
 * Entries after `cursor` in order, ending with the one that reaches `maxReadings`. The transaction must be
 * read committed, so that this statement sees what was decided when the horizon was taken.
 */
export async function readLog(client: ClientBase, cursor: bigint, maxReadings: number): Promise<LogEntry[]> {
  const horizon = await logHorizon(client)
  const { rows } = await client.query<LogRow>(
    `select id::text, gateway_id, replay_of::text, received_at, readings,
       case when readings = 0 and replay_of is null then '' else payload end as payload from (
       select *, sum(readings) over (order by id) - readings as before from (
         select * from reading_batch where id > $1 and id <= $2 order by id limit 2000) as next) as counted
     where before < $3 order by counted.id`,
    [cursor.toString(), horizon.toString(), maxReadings],
  )
  return rows.map((row) => ({
    id: BigInt(row.id),
    gatewayId: row.gateway_id,
    replayOf: row.replay_of === null ? null : BigInt(row.replay_of),
    receivedAt: row.received_at,
    readings: row.readings,
    payload: row.payload,
  }))
}

/** Takes the cursor for this transaction; null when another process has it. */
export async function lockCursor(client: ClientBase, follower: string): Promise<bigint | null> {
  await client.query(`insert into log_cursor (follower) values ($1) on conflict do nothing`, [follower])
  const { rows } = await client.query<{ batch_id: string }>(
    `select batch_id::text from log_cursor where follower = $1 for update skip locked`,
    [follower],
  )
  return rows[0] ? BigInt(rows[0].batch_id) : null
}

export async function moveCursor(client: ClientBase, follower: string, batchId: bigint): Promise<void> {
  await client.query(
    `update log_cursor set batch_id = $2, updated_at = now(), error = null where follower = $1`,
    [follower, batchId.toString()],
  )
}

export async function noteCursorError(
  client: Pick<ClientBase, 'query'>,
  follower: string,
  error: string,
): Promise<void> {
  await client.query(
    `insert into log_cursor (follower, error) values ($1, $2)
     on conflict (follower) do update set error = excluded.error, updated_at = now()`,
    [follower, error.slice(0, 500)],
  )
}

export async function readCursor(client: Pick<ClientBase, 'query'>, follower: string): Promise<bigint> {
  const { rows } = await client.query<{ batch_id: string }>(
    `select batch_id::text from log_cursor where follower = $1`,
    [follower],
  )
  return BigInt(rows[0]?.batch_id ?? 0)
}

export async function lastBatchId(client: Pick<ClientBase, 'query'>): Promise<bigint> {
  const { rows } = await client.query<{ id: string }>(
    `select coalesce(max(id), 0)::text as id from reading_batch`,
  )
  return BigInt(rows[0]!.id)
}

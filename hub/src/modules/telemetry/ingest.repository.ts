/** Writes groups of batches: log, blocks, latest values, losses, quarantine — all in one transaction. */
import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import { copyRows } from '../../platform/database/copy-rows.ts'
import { storedReason, type Reason } from '../../platform/reasons/reason.ts'
import type { Block } from './domain/blocks.ts'
import type { HeldEvents } from './domain/event-intake.ts'
import type { HeldSeries, KnownPoint } from './domain/intake.ts'
import { heldCodes } from './errors.ts'
import type { ReceivedBatch } from './ingest/batch-queue.ts'

type Client = Pick<PoolClient, 'query'>

/** In the one spelling that we use; a topic may hold anything. */
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** Project of each gateway that may send; revoked and unknown ones are missing. */
export async function activeGateways(client: Client, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; project_id: string }>(
    `select id, project_id from gateway where id = any($1::uuid[]) and revoked_at is null`,
    [ids.filter((id) => UUID.test(id))],
  )
  return new Map(rows.map((row) => [row.id, row.project_id]))
}

export interface PointRow extends KnownPoint {
  readonly gatewayId: string
  readonly key: string
}

export async function pointsOfGateways(client: Client, gatewayIds: readonly string[]): Promise<PointRow[]> {
  const { rows } = await client.query<PointRow>(
    `select id, gateway_id as "gatewayId", key, scale from point where gateway_id = any($1::uuid[])`,
    [gatewayIds],
  )
  return rows
}

const BATCH_COLUMNS = 10

/**
 * Adds batches to the log. Those that are there already (from before, or from another process at this moment)
 * are left out.
 * @param batches in the order of `batchOrder`, so that two writers can't wait for each other
 * @returns id by position in `batches`; undefined for duplicates
 */
export async function insertBatches(
  client: Client,
  batches: readonly ReceivedBatch[],
): Promise<(bigint | undefined)[]> {
  if (batches.length === 0) return []
  const values: unknown[] = []
  const tuples = batches.map((batch, index) => {
    const { outbox, sequence } = batch.message
    const at = (ms: number | null) => (ms === null ? null : new Date(ms))
    values.push(index, batch.gatewayId, outbox, sequence, batch.receivedAt, batch.readings)
    values.push(at(batch.firstMs), at(batch.lastMs), batch.payload, batch.events)
    const first = index * BATCH_COLUMNS
    return `($${first + 2}::uuid, $${first + 3}::uuid, $${first + 4}::bigint, $${first + 5}::timestamptz, $${first + 6}::int, $${first + 7}::timestamptz, $${first + 8}::timestamptz, $${first + 9}::bytea, $${first + 10}::int, $${first + 1}::int)`
  })
  const { rows } = await client.query<{ id: string; gateway_id: string; outbox: string; sequence: string }>(
    `insert into reading_batch (gateway_id, outbox, sequence, received_at, readings, first_at, last_at, payload, events)
     select g, o, s, r, n, f, l, p, e from (values ${tuples.join(', ')}) as v (g, o, s, r, n, f, l, p, e, position)
     order by position
     on conflict (gateway_id, outbox, sequence) do nothing
     returning id::text, gateway_id, outbox, sequence::text`,
    values,
  )
  const ids = new Map(rows.map((row) => [`${row.gateway_id}/${row.outbox}/${row.sequence}`, BigInt(row.id)]))
  return batches.map((batch) => ids.get(batchKey(batch)))
}

/** Positions of those batches whose number the log has with other bytes. */
export async function contradictions(
  client: Client,
  batches: readonly ReceivedBatch[],
): Promise<Set<number>> {
  if (batches.length === 0) return new Set()
  const { rows } = await client.query<{ position: number }>(
    `select v.position from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bytea[])
       as v (position, gateway_id, outbox, sequence, hash)
     join reading_batch b using (gateway_id, outbox, sequence) where coalesce(b.payload_sha256, sha256(b.payload)) <> v.hash`,
    [
      batches.map((_, position) => position),
      batches.map((batch) => batch.gatewayId),
      batches.map((batch) => batch.message.outbox),
      batches.map((batch) => batch.message.sequence),
      batches.map((batch) => hashOf(batch.payload)),
    ],
  )
  return new Set(rows.map((row) => row.position))
}

const hashOf = (payload: Uint8Array): Buffer => createHash('sha256').update(payload).digest()

/** Until the transaction ends no catalogue of these gateways changes what a point means. */
export async function holdCatalogues(client: Client, gatewayIds: readonly string[]): Promise<void> {
  await client.query(`select from gateway where id = any($1::uuid[]) order by id for key share`, [gatewayIds])
}

export function batchKey(batch: Pick<ReceivedBatch, 'gatewayId' | 'message'>): string {
  return `${batch.gatewayId}/${batch.message.outbox.toLowerCase()}/${batch.message.sequence}`
}

export interface PointBlock {
  readonly pointId: number
  readonly block: Block
}

const BLOCK_COLUMNS = [
  'point_id',
  'first_at',
  'last_at',
  'readings',
  'offsets',
  'mantissas',
  'qualities',
  'batch_id',
  'batches',
]

export async function insertBlocks(client: PoolClient, blocks: readonly PointBlock[]): Promise<void> {
  if (blocks.length > 0) await copyRows(client, 'reading_block', BLOCK_COLUMNS, blockRows(blocks))
}

function* blockRows(blocks: readonly PointBlock[]) {
  for (const { pointId, block } of blocks) {
    yield [
      pointId,
      new Date(block.firstMs),
      new Date(block.lastMs),
      block.offsets.length,
      block.offsets,
      block.mantissas,
      block.qualities,
      block.batchId,
      block.batches,
    ]
  }
}

export interface LatestReading {
  readonly pointId: number
  readonly atMs: number
  readonly mantissa: number | null
  readonly quality: number
  readonly batchId: bigint
}

/** Keeps the newer of what is there and what comes. Rows must ascend by point: two writers then can't deadlock. */
export async function upsertLatest(client: Client, latest: readonly LatestReading[]): Promise<void> {
  if (latest.length === 0) return
  await client.query(
    `insert into point_latest as old (point_id, at, mantissa, quality, batch_id)
     select p, timestamptz 'epoch' + ms * interval '1 millisecond', m, q, b
     from unnest($1::int[], $2::bigint[], $3::bigint[], $4::smallint[], $5::bigint[]) as new (p, ms, m, q, b)
     on conflict (point_id) do update
       set at = excluded.at, mantissa = excluded.mantissa, quality = excluded.quality, batch_id = excluded.batch_id
       where excluded.at > old.at`,
    [
      latest.map((l) => l.pointId),
      latest.map((l) => l.atMs),
      latest.map((l) => l.mantissa),
      latest.map((l) => l.quality),
      latest.map((l) => l.batchId.toString()),
    ],
  )
}

export interface HeldBatchSeries {
  readonly batchId: bigint
  readonly gatewayId: string
  readonly projectId: string
  readonly topic: string
  readonly held: HeldSeries
}

export async function insertHeldSeries(client: Client, held: readonly HeldBatchSeries[]): Promise<void> {
  if (held.length === 0) return
  await client.query(
    `insert into quarantine_entry (gateway_id, project_id, topic, batch_id, code, reason, point, readings)
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::jsonb[], $7::text[], $8::int[])
     on conflict (batch_id, point) where point is not null do nothing`,
    [
      held.map((h) => h.gatewayId),
      held.map((h) => h.projectId),
      held.map((h) => h.topic),
      held.map((h) => h.batchId.toString()),
      held.map((h) => heldCodes[h.held.why]),
      held.map((h) => storedReason(h.held.reason)),
      held.map((h) => h.held.point.replaceAll('\0', '\u{fffd}')),
      held.map((h) => h.held.readings),
    ],
  )
}

export interface HeldBatchEvents extends Omit<HeldBatchSeries, 'held'> {
  readonly held: HeldEvents
}

export async function insertHeldEvents(client: Client, held: readonly HeldBatchEvents[]): Promise<void> {
  if (held.length === 0) return
  await client.query(
    `insert into quarantine_entry (gateway_id, project_id, topic, batch_id, code, reason, device, events)
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::jsonb[], $7::text[], $8::int[])
     on conflict (batch_id, device) where device is not null do nothing`,
    [
      held.map((h) => h.gatewayId),
      held.map((h) => h.projectId),
      held.map((h) => h.topic),
      held.map((h) => h.batchId.toString()),
      held.map((h) => heldCodes[h.held.why]),
      held.map((h) => storedReason(h.held.reason)),
      held.map((h) => h.held.device.replaceAll('\0', '\u{fffd}')),
      held.map((h) => h.held.events),
    ],
  )
}

export interface LostPeriod {
  readonly batchId: bigint
  readonly gatewayId: string
  readonly readings: number
  readonly events?: number | undefined
  readonly fromMs: number
  readonly toMs: number
  readonly reason: string
}

/** @throws RangeError for what is no instant: the batch is poison then */
export async function insertLost(client: Client, lost: readonly LostPeriod[]): Promise<void> {
  if (lost.length === 0) return
  await client.query(
    `insert into lost_readings (gateway_id, batch_id, readings, from_at, to_at, reason, events)
     select * from unnest($1::uuid[], $2::bigint[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::int[])`,
    [
      lost.map((l) => l.gatewayId),
      lost.map((l) => l.batchId.toString()),
      lost.map((l) => l.readings),
      lost.map((l) => new Date(l.fromMs).toISOString()),
      lost.map((l) => new Date(l.toMs).toISOString()),
      lost.map((l) => l.reason),
      lost.map((l) => l.events ?? 0),
    ],
  )
}

export interface HeldMessage {
  readonly gatewayId: string
  readonly projectId: string
  readonly topic: string
  /** A HeldCode, or the code of the error that decoding threw. */
  readonly code: string
  readonly reason: Reason
  readonly readings: number
  readonly payload: Uint8Array
}

/** Whole messages that wait for a person, of one gateway: more would only be more of the same fault. */
const MAX_HELD_MESSAGES = 1_000
const MAX_HELD_BYTES = 64 * 1024 * 1024

/**
 * Keeps a whole message; the same bytes from the same gateway are kept once.
 * @returns false when the gateway has too many in the quarantine already
 */
export async function insertHeldMessage(client: Client, held: HeldMessage): Promise<boolean> {
  const hash = hashOf(held.payload)
  const { rowCount } = await client.query(
    `insert into quarantine_entry (gateway_id, project_id, topic, code, reason, readings, payload, payload_hash)
     select $1::uuid, $2::uuid, $3, $4, $5, $6::int, $7::bytea, $8::bytea
     where (select count(*) < ${MAX_HELD_MESSAGES} and coalesce(sum(length(payload)), 0) < ${MAX_HELD_BYTES}
       from quarantine_entry where gateway_id = $1 and point is null and device is null and state = 'open')
     on conflict (gateway_id, payload_hash) where point is null and device is null do nothing`,
    [
      held.gatewayId,
      held.projectId,
      held.topic,
      held.code,
      storedReason(held.reason),
      held.readings,
      held.payload,
      hash,
    ],
  )
  if (rowCount === 1) return true
  const known = await client.query(
    `select from quarantine_entry where gateway_id = $1 and payload_hash = $2 and point is null and device is null`,
    [held.gatewayId, hash],
  )
  return known.rowCount === 1
}

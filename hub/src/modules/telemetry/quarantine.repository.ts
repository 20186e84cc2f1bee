/** The quarantine: what could not be taken in, as it came. */
import type { PoolClient } from 'pg'
import type { Permission } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { storedReason, type Reason } from '../../platform/reasons/reason.ts'

type Client = Pick<PoolClient, 'query'>

export type EntryState = 'open' | 'replayed' | 'discarded'

export interface QuarantineRow {
  readonly id: string
  readonly gatewayId: string | null
  readonly projectId: string | null
  readonly gatewayName: string | null
  readonly receivedAt: Date
  readonly topic: string
  readonly code: string
  readonly reason: Reason
  readonly point: string | null
  readonly device: string | null
  /** The device that it speaks of, as far as the hub knows it. */
  readonly deviceId: string | null
  readonly deviceName: string | null
  readonly batchId: string | null
  readonly readings: number
  readonly events: number
  readonly bytes: number
  readonly state: EntryState
  /** The first bytes of the message. */
  readonly head: Buffer
}

const PREVIEW_BYTES = 4_096
const ENTRY = `select q.id::text, q.gateway_id as "gatewayId", q.project_id as "projectId", g.name as "gatewayName",
    q.received_at as "receivedAt", q.topic, q.code, q.reason, q.point, q.device, d.id as "deviceId", d.name as "deviceName",
    q.batch_id::text as "batchId", q.readings, q.events,
    length(coalesce(q.payload, b.payload, '')) as bytes, q.state,
    substr(coalesce(q.payload, b.payload, ''), 1, ${PREVIEW_BYTES}) as head
  from quarantine_entry q left join gateway g on g.id = q.gateway_id left join reading_batch b on b.id = q.batch_id
  left join device d on d.gateway_id = q.gateway_id and d.key = coalesce(q.device, split_part(q.point, '/', 1))`

export interface QuarantineFilter {
  readonly page: number
  readonly pageSize: number
  readonly q?: string | undefined
  readonly sort?: string | undefined
  readonly state?: EntryState | undefined
}

const sortColumns: Readonly<Record<string, string>> = {
  receivedAt: 'q.received_at',
  code: 'q.code',
  point: 'q.point',
  readings: 'q.readings',
  state: 'q.state',
  gatewayName: 'g.name',
}

export const sortFields = Object.keys(sortColumns)

/** Null when `sort` names no column. */
export function orderOf(sort: string | undefined): string | null {
  const descending = sort === undefined || sort.startsWith('-')
  const column = sortColumns[(sort ?? 'receivedAt').replace(/^-/, '')]
  const direction = descending ? 'desc nulls last' : 'asc nulls first'
  return column ? `${column} ${direction}, q.id ${descending ? 'desc' : 'asc'}` : null
}

export async function listEntries(
  client: Client,
  user: Viewer,
  filter: QuarantineFilter,
  order: string,
): Promise<{ rows: QuarantineRow[]; total: number }> {
  const words = filter.q ? `%${filter.q.replace(/[\\%_]/g, '\\$&')}%` : null
  const params: unknown[] = [filter.state ?? null, words]
  const where = `($1::text is null or q.state = $1)
    and ($2::text is null or q.point ilike $2 or q.device ilike $2 or q.reason::text ilike $2 or q.code ilike $2 or g.name ilike $2)
    and ${scopeSql(user, 'gateways.read', { project: 'q.project_id' }, params)}`
  const counted = await client.query<{ total: string }>(
    `select count(*)::text as total from quarantine_entry q left join gateway g on g.id = q.gateway_id where ${where}`,
    params,
  )
  const { rows } = await client.query<QuarantineRow>(
    `${ENTRY} where ${where} order by ${order} limit $${params.length + 1} offset $${params.length + 2}`,
    [...params, filter.pageSize, (filter.page - 1) * filter.pageSize],
  )
  return { rows, total: Number(counted.rows[0]!.total) }
}

/** @param id digits; anything else names no entry */
export async function findEntry(
  client: Client,
  user: Viewer,
  id: string,
  permission: Permission,
): Promise<QuarantineRow | null> {
  if (!/^\d{1,18}$/.test(id)) return null
  const params: unknown[] = [id]
  const { rows } = await client.query<QuarantineRow>(
    `${ENTRY} where q.id = $1::bigint and ${scopeSql(user, permission, { project: 'q.project_id' }, params)}`,
    params,
  )
  return rows[0] ?? null
}

/** An entry that this transaction alone may resolve. */
export interface LockedEntry {
  readonly id: string
  readonly gatewayId: string
  readonly projectId: string
  readonly receivedAt: Date
  readonly topic: string
  readonly code: string
  readonly point: string | null
  /** With neither point nor device the entry is a whole message. */
  readonly device: string | null
  readonly batchId: string | null
  readonly payload: Buffer | null
  readonly state: EntryState
}

const LOCKED = `id::text, gateway_id as "gatewayId", project_id as "projectId", received_at as "receivedAt", topic,
  code, point, device, batch_id::text as "batchId", payload, state`

export async function lockEntry(client: Client, id: string): Promise<LockedEntry | null> {
  const { rows } = await client.query<LockedEntry>(
    `select ${LOCKED} from quarantine_entry where id = $1::bigint for update`,
    [id],
  )
  return rows[0] ?? null
}

/** Open series of one batch; those that somebody else is resolving are left out. */
export async function lockSeriesOfBatch(client: Client, batchId: string): Promise<LockedEntry[]> {
  const { rows } = await client.query<LockedEntry>(
    `select ${LOCKED} from quarantine_entry where batch_id = $1 and point is not null and state = 'open'
     order by quarantine_entry.id for update skip locked`,
    [batchId],
  )
  return rows
}

/** Open events of one batch; those that somebody else is resolving are left out. */
export async function lockEventsOfBatch(client: Client, batchId: string): Promise<LockedEntry[]> {
  const { rows } = await client.query<LockedEntry>(
    `select ${LOCKED} from quarantine_entry where batch_id = $1 and device is not null and state = 'open'
     order by quarantine_entry.id for update skip locked`,
    [batchId],
  )
  return rows
}

/** Batches with open series or events whose points or devices are known by now, oldest first. */
export async function batchesToReplay(
  client: Client,
  gatewayId: string | null,
  limit: number,
): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select batch_id::text as id from (
     select q.batch_id from quarantine_entry q
       join point p on p.gateway_id = q.gateway_id and p.key = q.point
     where q.state = 'open' and q.point is not null and (q.code = 'ingest.point_unknown'
       or (q.code = 'ingest.scale_mismatch' and $1::uuid is not null))
       and ($1::uuid is null or q.gateway_id = $1)
     union select q.batch_id from quarantine_entry q
       join device d on d.gateway_id = q.gateway_id and d.key = q.device
     where q.state = 'open' and q.device is not null and q.code = 'ingest.device_unknown'
       and ($1::uuid is null or q.gateway_id = $1)) as ready
     order by batch_id limit $2`,
    [gatewayId, limit],
  )
  return rows.map((row) => row.id)
}

export interface StoredBatch {
  readonly id: string
  readonly gatewayId: string
  readonly receivedAt: Date
  readonly payload: Buffer
}

export async function batchPayload(client: Client, batchId: string): Promise<StoredBatch | null> {
  const { rows } = await client.query<StoredBatch>(
    `select id::text, gateway_id as "gatewayId", received_at as "receivedAt", payload from reading_batch where id = $1`,
    [batchId],
  )
  return rows[0] ?? null
}

export async function resolveEntries(
  client: Client,
  ids: readonly string[],
  state: Exclude<EntryState, 'open'>,
  by: { who: string; note: string | null; at: Date },
): Promise<void> {
  await client.query(
    `update quarantine_entry set state = $2, resolved_at = $3, resolved_by = $4, note = $5
     where id = any($1::bigint[])`,
    [ids, state, by.at, by.who, by.note],
  )
}

/** What keeps it out now may be something else than before. */
export async function noteFault(client: Client, id: string, code: string, reason: Reason): Promise<void> {
  await client.query(`update quarantine_entry set code = $2, reason = $3 where id = $1`, [
    id,
    code,
    storedReason(reason),
  ])
}

/** The outbox of replays: its sequence numbers are those of the quarantine. */
export const REPLAY_OUTBOX = '00000000-0000-4000-8000-000000000000'

/** Tells the followers of the log that series of an earlier batch went in now. */
export async function insertReplay(
  client: Client,
  replay: { gatewayId: string; entryId: string; batchId: string; payload: Uint8Array; at: Date },
): Promise<void> {
  await client.query(
    `insert into reading_batch (gateway_id, outbox, sequence, received_at, readings, payload, replay_of)
     values ($1, '${REPLAY_OUTBOX}', $2, $3, 0, $4, $5)`,
    [replay.gatewayId, replay.entryId, replay.at, replay.payload, replay.batchId],
  )
}

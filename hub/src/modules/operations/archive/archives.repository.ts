/** Archives as rows; taking rows out of the tables of readings, and putting them back. */
import type { Pool, PoolClient } from 'pg'
import { ARCHIVE_LOCK, HORIZON_LOCK } from '../../../platform/database/advisory-locks.ts'
import { copyRows } from '../../../platform/database/copy-rows.ts'
import { storedReason, type Reason } from '../../../platform/reasons/reason.ts'
import type { ArchivedBatch, ArchivedBlock, ArchiveKind, BlockKey } from './plan.repository.ts'

type Client = Pick<PoolClient, 'query'> | Pool

export interface ArchiveRow {
  readonly id: string
  readonly projectId: string
  readonly kind: ArchiveKind
  /** `2026-03-01` */
  readonly day: string
  readonly state: 'archived' | 'restored' | 'superseded'
  readonly file: string
  readonly rows: number
  readonly readings: string
  readonly bytes: string
  readonly sha256: string
  readonly archivedAt: Date
  readonly restoredAt: Date | null
}

const COLUMNS = `id, project_id as "projectId", kind, day::text, state, file, rows, readings::text, bytes::text,
  encode(sha256, 'hex') as sha256, archived_at as "archivedAt", restored_at as "restoredAt"`

export async function listArchives(
  client: Client,
  projectId: string,
  page: { readonly page: number; readonly pageSize: number },
): Promise<{ items: ArchiveRow[]; total: number; bytes: string }> {
  const { rows: counted } = await client.query<{ total: number; bytes: string }>(
    `select count(*)::int as total, coalesce(sum(bytes), 0)::text as bytes from telemetry_archive where project_id = $1`,
    [projectId],
  )
  const { rows } = await client.query<ArchiveRow>(
    `select ${COLUMNS} from telemetry_archive where project_id = $1
     order by day desc, kind, archived_at desc, id limit $2 offset $3`,
    [projectId, page.pageSize, (page.page - 1) * page.pageSize],
  )
  return { items: rows, ...counted[0]! }
}

export async function findArchive(client: Client, id: string): Promise<ArchiveRow | null> {
  const { rows } = await client.query<ArchiveRow>(`select ${COLUMNS} from telemetry_archive where id = $1`, [
    id,
  ])
  return rows[0] ?? null
}

/** Nobody else changes it until the transaction ends. */
export async function lockArchive(client: PoolClient, id: string): Promise<ArchiveRow | null> {
  const { rows } = await client.query<ArchiveRow>(
    `select ${COLUMNS} from telemetry_archive where id = $1 for update`,
    [id],
  )
  return rows[0] ?? null
}

/** For the transaction; false when another process is at it. */
export async function lockArchiving(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_xact_lock($1) as free', [
    ARCHIVE_LOCK,
  ])
  return rows[0]!.free
}

export interface ArchivedProject {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly timeZone: string
}

export async function projectsToArchive(
  client: Client,
  projectId: string | null,
): Promise<ArchivedProject[]> {
  const { rows } = await client.query<ArchivedProject>(
    `select id, code, name, time_zone as "timeZone" from project where $1::uuid is null or id = $1 order by code`,
    [projectId],
  )
  return rows
}

/**
 * From now on usage before the instant is final. Waits for computations that have begun.
 * @returns false, and nothing is changed, while usage before it waits to be computed
 */
export async function moveHorizon(
  client: PoolClient,
  projectId: string,
  to: { readonly instant: Date; readonly day: string },
): Promise<boolean> {
  await client.query('select pg_advisory_xact_lock($1)', [HORIZON_LOCK])
  const { rows } = await client.query<{ pending: boolean }>(
    `select exists (select from usage_dirty u join metering_point m on m.id = u.metering_point_id
       where m.project_id = $1 and u.from_at < $2) as pending`,
    [projectId, to.instant],
  )
  if (rows[0]!.pending) return false
  await client.query(
    `insert into telemetry_horizon (project_id, readings_from, first_day) values ($1, $2, $3)
     on conflict (project_id) do update set readings_from = excluded.readings_from, first_day = excluded.first_day
     where telemetry_horizon.readings_from is null or telemetry_horizon.readings_from < excluded.readings_from`,
    [projectId, to.instant, to.day],
  )
  return true
}

export interface RunState {
  readonly readingsFrom: Date | null
  readonly lastRunAt: Date | null
  readonly fault: Reason | null
}

export async function runState(client: Client, projectId: string): Promise<RunState> {
  const { rows } = await client.query<RunState>(
    `select readings_from as "readingsFrom", last_run_at as "lastRunAt", fault from telemetry_horizon
     where project_id = $1`,
    [projectId],
  )
  return rows[0] ?? { readingsFrom: null, lastRunAt: null, fault: null }
}

export async function noteRun(
  client: Client,
  projectId: string,
  at: Date,
  fault: Reason | null,
): Promise<void> {
  await client.query(
    `insert into telemetry_horizon (project_id, last_run_at, fault) values ($1, $2, $3::jsonb)
     on conflict (project_id) do update set last_run_at = excluded.last_run_at, fault = excluded.fault`,
    [projectId, at, fault === null ? null : storedReason(fault)],
  )
}

/** Before the rows go: the database lets no bytes of a batch go without it. What was put back of that day is past. */
export async function insertArchive(
  client: PoolClient,
  row: Omit<ArchiveRow, 'state' | 'restoredAt'>,
): Promise<void> {
  await client.query(
    `update telemetry_archive set state = 'superseded'
     where project_id = $1 and kind = $2 and day = $3 and state = 'restored'`,
    [row.projectId, row.kind, row.day],
  )
  await client.query(
    `insert into telemetry_archive (id, project_id, kind, day, file, rows, readings, bytes, sha256, archived_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex'), $10)`,
    [
      row.id,
      row.projectId,
      row.kind,
      row.day,
      row.file,
      row.rows,
      row.readings,
      row.bytes,
      row.sha256,
      row.archivedAt,
    ],
  )
}

/** @returns how many went */
export async function deleteBlocks(client: PoolClient, keys: readonly BlockKey[]): Promise<number> {
  const { rowCount } = await client.query(
    `delete from reading_block b using unnest($1::int[], $2::timestamptz[], $3::bigint[]) as k (point, first, serial)
     where b.point_id = k.point and b.first_at = k.first and b.serial = k.serial`,
    [
      keys.map(({ pointId }) => pointId),
      keys.map(({ firstAt }) => firstAt),
      keys.map(({ serial }) => serial),
    ],
  )
  return rowCount ?? 0
}

/** Their bytes go, the fingerprint stays. @returns how many */
export async function emptyBatches(
  client: PoolClient,
  archiveId: string,
  ids: readonly string[],
): Promise<number> {
  const { rowCount } = await client.query(
    `update reading_batch set payload_sha256 = sha256(payload), payload_bytes = length(payload), payload = '',
       archive_id = $1 where id = any($2::bigint[]) and archive_id is null`,
    [archiveId, ids],
  )
  return rowCount ?? 0
}

const BLOCK_COLUMNS = [
  ...[
    'point_id',
    'first_at',
    'last_at',
    'readings',
    'offsets',
    'mantissas',
    'qualities',
    'batch_id',
    'batches',
  ],
]

export function putBlocksBack(client: PoolClient, blocks: AsyncIterable<ArchivedBlock>): Promise<number> {
  return copyRows(client, 'reading_block', BLOCK_COLUMNS, blockRows(blocks))
}

async function* blockRows(blocks: AsyncIterable<ArchivedBlock>) {
  for await (const one of blocks) {
    yield [
      ...[one.pointId, new Date(one.firstMs), new Date(one.lastMs), one.offsets.length],
      ...[one.offsets, one.mantissas, one.qualities, one.batchId, one.batches],
    ]
  }
}

/** The database compares the fingerprint. @returns how many were emptied by this archive and have their bytes again */
export async function putBatchBack(
  client: PoolClient,
  archiveId: string,
  batch: ArchivedBatch,
): Promise<number> {
  const { rowCount } = await client.query(
    `update reading_batch set payload = decode($3, 'base64'), payload_sha256 = null, payload_bytes = null,
       archive_id = null where id = $1 and archive_id = $2`,
    [batch.id, archiveId, batch.payload],
  )
  return rowCount ?? 0
}

export async function markRestored(client: PoolClient, id: string, at: Date): Promise<void> {
  await client.query(`update telemetry_archive set state = 'restored', restored_at = $2 where id = $1`, [
    id,
    at,
  ])
}

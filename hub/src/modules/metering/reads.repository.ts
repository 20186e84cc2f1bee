/** Reads for the eye, and reads that people enter. */
import type { PoolClient } from 'pg'
import type { RegisterRead } from '@courtyard/protocols/contract'
import { readPointReadings } from '../telemetry/index.ts'
import { formatDecimal } from './domain/decimal.ts'
import type { InstallationFacts, PointPlan } from './domain/plan.ts'
import type { Queryable } from './usage/plan.repository.ts'

export interface ListedRead {
  readonly atMs: number
  readonly index: string
  readonly serial: string
  readonly source: RegisterRead['source']
  readonly quality: number
  readonly batchId: string | null
  readonly note: string | null
  readonly photo: boolean
}

const FIRST_WINDOW_MS = 6 * 3_600_000

/**
 * Up to `limit` reads of a metering point's meters, each within its time there, with `fromMs` ≤ instant < `toMs`,
 * newest first. The log is searched backwards in windows that grow, so a short list never reads a long history.
 */
export async function readsBefore(
  client: Queryable,
  plan: PointPlan,
  fromMs: number,
  toMs: number,
  limit: number,
): Promise<ListedRead[]> {
  const start = Math.max(fromMs, Math.min(...plan.installations.map((one) => one.fromMs)))
  const found: ListedRead[] = []
  let end = toMs
  let window = FIRST_WINDOW_MS
  while (end > start && found.length < limit) {
    const from = Math.max(start, end - window)
    const page = [
      ...(await feedReads(client, plan, from, end)),
      ...(await typedReads(client, plan, from, end)),
    ].sort((a, b) => b.atMs - a.atMs)
    found.push(...page)
    end = from
    window *= 4
  }
  return found.slice(0, limit)
}

const within = (facts: InstallationFacts, atMs: number): boolean =>
  atMs >= facts.fromMs && (facts.toMs === null || atMs < facts.toMs)

async function feedReads(
  client: Queryable,
  plan: PointPlan,
  fromMs: number,
  toMs: number,
): Promise<ListedRead[]> {
  const pointIds = [...new Set(plan.installations.flatMap(({ feeds }) => feeds.map((feed) => feed.pointId)))]
  if (pointIds.length === 0) return []
  const readings = await readPointReadings(client, pointIds, fromMs, toMs, { valuesOnly: true })
  return plan.installations.flatMap((facts) =>
    facts.feeds.flatMap((feed) => {
      const columns = readings.get(feed.pointId)
      return (columns?.atMs ?? []).flatMap((atMs, i): ListedRead[] =>
        within(facts, atMs)
          ? [
              {
                atMs,
                index: formatDecimal(BigInt(columns!.mantissas[i]!), feed.scale),
                serial: facts.serial,
                source: 'feed',
                quality: columns!.qualities[i]!,
                batchId: columns!.batchIds[i]!.toString(),
                note: null,
                photo: false,
              },
            ]
          : [],
      )
    }),
  )
}

async function typedReads(
  client: Queryable,
  plan: PointPlan,
  fromMs: number,
  toMs: number,
): Promise<ListedRead[]> {
  const { rows } = await client.query<{
    meter_id: string
    at: Date
    mantissa: string
    source: RegisterRead['source']
    note: string | null
    photo: boolean
  }>(
    `select meter_id, at, mantissa::text, source, note, photo_sha256 is not null as photo
     from manual_read
     where meter_id = any($1::uuid[]) and at >= $2 and at < $3 order by id desc`,
    [plan.installations.map((facts) => facts.meterId), new Date(fromMs), new Date(toMs)],
  )
  return plan.installations.flatMap((facts) =>
    rows
      .filter((row) => row.meter_id === facts.meterId && within(facts, row.at.getTime()))
      .map((row) => ({
        atMs: row.at.getTime(),
        index: formatDecimal(BigInt(row.mantissa), facts.scale),
        serial: facts.serial,
        source: row.source,
        quality: 0,
        batchId: null,
        note: row.note,
        photo: row.photo,
      })),
  )
}

export async function gatewaysOfBatches(
  client: Queryable,
  batchIds: readonly string[],
): Promise<Map<string, string>> {
  if (batchIds.length === 0) return new Map()
  const { rows } = await client.query<{ id: string; name: string }>(
    `select b.id::text, g.name from reading_batch b join gateway g on g.id = b.gateway_id where b.id = any($1::bigint[])`,
    [batchIds],
  )
  return new Map(rows.map((row) => [row.id, row.name]))
}

/** The newest of the reads that people entered for an instant, at the meter's scale. */
export async function manualReadAt(client: Queryable, meterId: string, atMs: number): Promise<bigint | null> {
  const { rows } = await client.query<{ mantissa: string }>(
    'select mantissa::text from manual_read where meter_id = $1 and at = $2 order by id desc limit 1',
    [meterId, new Date(atMs)],
  )
  return rows[0] ? BigInt(rows[0].mantissa) : null
}

export interface NewManualRead {
  readonly meterId: string
  readonly atMs: number
  readonly mantissa: bigint
  readonly source: 'manual' | 'phone'
  readonly note: string | null
  readonly photo: { readonly sha256: string; readonly mediaType: string } | null
  readonly createdBy: string
  readonly now: Date
}

/** @returns its id */
export async function insertManualRead(client: PoolClient, read: NewManualRead): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into manual_read (meter_id, at, mantissa, source, note, photo_sha256, photo_media_type, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id::text`,
    [
      read.meterId,
      new Date(read.atMs),
      read.mantissa.toString(),
      read.source,
      read.note,
      read.photo?.sha256 ?? null,
      read.photo?.mediaType ?? null,
      read.createdBy,
      read.now,
    ],
  )
  return rows[0]!.id
}

/** Of the newest read with a photo that a person entered there for the instant. */
export async function photoOfRead(
  client: Queryable,
  meteringPointId: string,
  at: Date,
): Promise<{ sha256: string; mediaType: string } | null> {
  const { rows } = await client.query<{ sha256: string; mediaType: string }>(
    `select mr.photo_sha256 as sha256, mr.photo_media_type as "mediaType"
     from manual_read mr join installation i on i.meter_id = mr.meter_id and i.from_at <= mr.at
       and (i.to_at is null or mr.at < i.to_at)
     where i.metering_point_id = $1 and mr.at = $2 and mr.photo_sha256 is not null order by mr.id desc limit 1`,
    [meteringPointId, at],
  )
  return rows[0] ?? null
}

/** Which of these reads a photo was taken with, as `<metering point> <instant>`. */
export async function readsWithPhoto(
  client: Queryable,
  reads: readonly { readonly meteringPointId: string; readonly at: string }[],
): Promise<ReadonlySet<string>> {
  if (reads.length === 0) return new Set()
  const { rows } = await client.query<{ id: string; at: Date }>(
    `select distinct i.metering_point_id as id, mr.at
     from unnest($1::uuid[], $2::timestamptz[]) as asked (id, at)
     join installation i on i.metering_point_id = asked.id and i.from_at <= asked.at
       and (i.to_at is null or asked.at < i.to_at)
     join manual_read mr on mr.meter_id = i.meter_id and mr.at = asked.at
     where mr.photo_sha256 is not null`,
    [reads.map(({ meteringPointId }) => meteringPointId), reads.map(({ at }) => at)],
  )
  return new Set(rows.map(({ id, at }) => `${id} ${at.toISOString()}`))
}

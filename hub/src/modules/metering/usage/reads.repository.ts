/** Register reads of meters: those of the feed from the readings, those of people from manual_read. */
import { readPointReadings, type ReadingColumns } from '../../telemetry/index.ts'
import { rescale } from '../domain/decimal.ts'
import type { PointPlan } from '../domain/plan.ts'
import type { Read, ReadOrigin } from '../domain/reads.ts'
import type { Queryable } from './plan.repository.ts'

interface ManualRow {
  id: string
  meter_id: string
  at_ms: string
  mantissa: string
  source: string
}

const MANUAL_COLUMNS = `r.id::text, r.meter_id, (extract(epoch from r.at) * 1000)::bigint::text as at_ms,
  r.mantissa::text, r.source`

/** Within the window, and the nearest before and after it; every read of an instant that has several. */
const MANUAL_WITH_NEIGHBOURS = `select ${MANUAL_COLUMNS} from manual_read r
    where r.meter_id = any($1::uuid[]) and r.at >= $2 and r.at < $3
  union all select ${MANUAL_COLUMNS}
    from unnest($1::uuid[]) as wanted(id)
    cross join lateral (select max(at) as at from manual_read where meter_id = wanted.id and at < $2) before
    join manual_read r on r.meter_id = wanted.id and r.at = before.at
  union all select ${MANUAL_COLUMNS}
    from unnest($1::uuid[]) as wanted(id)
    cross join lateral (select min(at) as at from manual_read where meter_id = wanted.id and at >= $3) after
    join manual_read r on r.meter_id = wanted.id and r.at = after.at`

/**
 * Reads of every installation of every plan with `fromMs` ≤ instant < `toMs` and the nearest one on either
 * side, at the register's scale; by metering point, then in the order of its installations. Readings without
 * a value are left out.
 */
export async function loadReads(
  client: Queryable,
  plans: readonly PointPlan[],
  fromMs: number,
  toMs: number,
): Promise<Map<string, Read[][]>> {
  const installations = plans.flatMap((plan) => plan.installations)
  const pointIds = [...new Set(installations.flatMap(({ feeds }) => feeds.map((feed) => feed.pointId)))]
  const meterIds = [...new Set(installations.map(({ meterId }) => meterId))]
  const readings =
    pointIds.length === 0
      ? new Map<number, ReadingColumns>()
      : await readPointReadings(client, pointIds, fromMs, toMs, { neighbours: true, valuesOnly: true })
  const manual = await loadManual(client, meterIds, fromMs, toMs)
  return new Map(
    plans.map((plan) => [
      plan.meteringPointId,
      plan.installations.map((facts, i) => {
        const { scale } = plan.registers[i]!
        const typed = (manual.get(facts.meterId) ?? []).map((row) => typedRead(row, facts.scale, scale))
        const sent = facts.feeds.flatMap((feed) => feedReads(readings.get(feed.pointId), feed.scale, scale))
        return [...sent, ...typed]
      }),
    ]),
  )
}

async function loadManual(
  client: Queryable,
  meterIds: readonly string[],
  fromMs: number,
  toMs: number,
): Promise<Map<string, ManualRow[]>> {
  const { rows } = await client.query<ManualRow>(MANUAL_WITH_NEIGHBOURS, [
    meterIds,
    new Date(fromMs),
    new Date(toMs),
  ])
  return Map.groupBy(rows, (row) => row.meter_id)
}

function typedRead(row: ManualRow, meterScale: number, scale: number): Read {
  return {
    atMs: Number(row.at_ms),
    index: rescale(BigInt(row.mantissa), meterScale, scale),
    source: row.source as ReadOrigin,
    batchId: null,
    rank: -BigInt(row.id),
  }
}

function feedReads(columns: ReadingColumns | undefined, feedScale: number, scale: number): Read[] {
  if (!columns) return []
  const factor = 10n ** BigInt(scale - feedScale)
  const reads: Read[] = []
  for (let i = 0; i < columns.atMs.length; i++) {
    const mantissa = columns.mantissas[i]
    if (mantissa === null || mantissa === undefined) continue
    const batchId = columns.batchIds[i]!
    reads.push({
      atMs: columns.atMs[i]!,
      index: BigInt(mantissa) * factor,
      source: 'feed',
      batchId: batchId.toString(),
      rank: batchId,
    })
  }
  return reads
}

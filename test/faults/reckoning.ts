import type pg from 'pg'
import type { SimulatorControl } from '../../demo/simulated-site.ts'

/** What the hub holds, straight from its tables. */
export interface Stored {
  readonly readings: number
  /** Readings of the same point at the same instant beyond the first. */
  readonly duplicated: number
  readonly quarantined: number
  /** Readings that the hub was told were dropped at the edge. */
  readonly reportedLost: number
}

const READINGS = `
  select b.point_id, b.first_at + o.ms * interval '1 millisecond' as at, b.mantissas[o.n] as mantissa,
         coalesce(b.qualities[o.n], 0) as quality
  from reading_block b cross join lateral unnest(b.offsets) with ordinality as o(ms, n)`

export async function countStored(database: pg.Client): Promise<Stored> {
  const { rows } = await database.query<{ total: string; different: string }>(
    `select count(*) as total, count(distinct (point_id, at)) as different from (${READINGS}) as reading`,
  )
  const single = async (sql: string) => Number((await database.query<{ n: string }>(sql)).rows[0]!.n)
  const readings = Number(rows[0]!.total)
  return {
    readings,
    duplicated: readings - Number(rows[0]!.different),
    quarantined: await single('select count(*) as n from quarantine_entry'),
    reportedLost: await single('select coalesce(sum(readings), 0) as n from lost_readings'),
  }
}

interface RegisterReading {
  /** `device/point`. */
  point: string
  scale: number
  atMs: string
  mantissa: string
}

/** A reply can be this much older than the instant that its reading carries. */
const REPLY_MS = 2_000

/**
 * Compares stored register readings, `sample` of them spread evenly, with the simulator: an index only grows, so
 * it must lie between the truth a reply time earlier and the truth at the reading's instant. Returns the faults.
 */
export async function compareWithTruth(
  database: pg.Client,
  simulator: SimulatorControl,
  sample: number,
): Promise<{ compared: number; faults: string[] }> {
  const { rows } = await database.query<RegisterReading>(
    `select p.key as point, p.scale, extract(epoch from r.at) * 1000 as "atMs", r.mantissa
     from (${READINGS}) as r join point p on p.id = r.point_id
     where p.kind = 'register' and r.quality = 0
     order by md5(r.point_id || '/' || r.at) limit $1`,
    [sample],
  )
  const faults: string[] = []
  for (const { point, scale, atMs, mantissa } of rows) {
    const [device, key] = point.split('/') as [string, string]
    const at = Math.round(Number(atMs))
    const [before, then] = await Promise.all([
      simulator.truth(device, new Date(at - REPLY_MS)),
      simulator.truth(device, new Date(at)),
    ])
    if (before[key] === undefined || then[key] === undefined)
      throw new Error(`the simulator knows no ${device}/${key}`)
    const value = BigInt(mantissa)
    if (value < unitsOf(before[key], scale) || value > unitsOf(then[key], scale)) {
      faults.push(`${device}/${key} at ${new Date(at).toISOString()}: ${mantissa}, truth ${then[key]}`)
    }
  }
  return { compared: rows.length, faults }
}

/** Decimal text as an integer of 10^-scale. */
export function unitsOf(text: string, scale: number): bigint {
  const [whole, fraction = ''] = text.split('.')
  return BigInt(whole! + fraction.slice(0, scale).padEnd(scale, '0'))
}

/**
 * Copies committed readings to a time-series database. It follows the batch log: its cursor moves only when the
 * other side has everything, and writing a reading again changes nothing there, so an outage delays and never
 * loses.
 */
import type { PoolClient } from 'pg'
import { formatUnits } from '@courtyard/protocols/decimal'
import type { HubConfig } from '../../platform/config.ts'
import type { LogChunk, LogFollower } from '../telemetry/index.ts'
import { Influx1Target } from './influx1.target.ts'
import { Influx2Target } from './influx2.target.ts'
import { identitiesOf, type PointIdentity } from './mirror.repository.ts'
import type { MirrorPoint, MirrorTarget } from './mirror-point.ts'
import { VictoriaMetricsTarget } from './victoria-metrics.target.ts'

export function targetOf(influx: NonNullable<HubConfig['influx']>): MirrorTarget {
  const { kind, url, database, org, token } = influx
  if (kind === 'victoriametrics') return new VictoriaMetricsTarget(influx)
  if (kind === 'influx1') return new Influx1Target(influx)
  // The configuration has seen to it that both are there
  return new Influx2Target({ url, org: org ?? '', bucket: database, token: token ?? '' })
}

export function mirrorFollower(target: MirrorTarget): LogFollower {
  return {
    name: 'mirror',
    maxReadings: 20_000,
    handle: async (client, chunk) => target.write(await pointsOf(client, chunk)),
  }
}

async function pointsOf(client: PoolClient, chunk: LogChunk): Promise<MirrorPoint[]> {
  const identities = await identitiesOf(
    client,
    chunk.touched.map(({ pointId }) => pointId),
  )
  const tags = new Map(identities.map((identity) => [identity.id, tagsOf(identity)]))
  const points: MirrorPoint[] = []
  for (const { pointId, scale, atMs, mantissas, qualities } of chunk.series) {
    const own = tags.get(pointId)
    if (!own) continue
    for (const [i, at] of atMs.entries()) {
      const mantissa = mantissas[i]!
      // The double nearest to the exact decimal: these databases have nothing better
      const value = mantissa === null ? null : Number(formatUnits(mantissa, scale))
      points.push({ tags: own, value, quality: qualities[i]!, atMs: at })
    }
  }
  return points
}

function tagsOf({ id: _id, ...identity }: PointIdentity): Record<string, string> {
  return Object.fromEntries(Object.entries(identity).filter(([, text]) => text !== ''))
}

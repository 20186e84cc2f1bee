/**
 * Point keys of the gateways that send, kept in memory. Entries never go stale in a way that matters: a point
 * keeps its id for ever and its decimal places once it has readings, so only what is missing or doesn't match
 * needs a look into the database.
 */
import type { PoolClient } from 'pg'
import type { KnownPoint, PointLookup } from '../domain/intake.ts'
import { pointsOfGateways } from '../ingest.repository.ts'

const NONE: ReadonlyMap<string, KnownPoint> = new Map()

export class PointDirectory {
  private readonly byGateway = new Map<string, Map<string, KnownPoint>>()

  lookupOf(gatewayId: string): PointLookup {
    const points = this.byGateway.get(gatewayId) ?? NONE
    return (key) => points.get(key)
  }

  /** Reads the points of these gateways anew. */
  async reload(client: Pick<PoolClient, 'query'>, gatewayIds: readonly string[]): Promise<void> {
    if (gatewayIds.length === 0) return
    const rows = await pointsOfGateways(client, gatewayIds)
    for (const id of gatewayIds) this.byGateway.set(id, new Map())
    for (const { gatewayId, key, id, scale } of rows) this.byGateway.get(gatewayId)!.set(key, { id, scale })
  }
}

/** All usage anew from the reads: the proof that what is stored is only derived. */
import type { Hub } from '../../../platform/module.ts'
import { invalidate } from '../binding.repository.ts'
import { announce, recomputeNow } from './usage-worker.ts'

const CHUNK = 20

/**
 * Throws the usage of these metering points away and computes it from the log, some at a time, each lot in one
 * transaction, so that nobody sees it missing.
 */
export async function rebuildUsage(hub: Hub, meteringPointIds: readonly string[]): Promise<void> {
  for (let i = 0; i < meteringPointIds.length; i += CHUNK) {
    const lot = meteringPointIds.slice(i, i + CHUNK)
    const results = await hub.db.transaction(async (client) =>
      recomputeNow(client, await invalidate(client, lot), hub.clock.now()),
    )
    announce(hub, results)
  }
}

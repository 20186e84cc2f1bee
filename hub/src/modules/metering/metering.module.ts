import type { Hub, HubModule, Stop } from '../../platform/module.ts'
import { onCatalogueStored } from '../gateways/index.ts'
import { bindGateway } from './binding.repository.ts'
import { addMeteringRoutes } from './metering.routes.ts'
import { readablePoints } from './points.repository.ts'
import { startUsageWorker, type UsageWorker } from './usage/usage-worker.ts'

const workers = new WeakMap<Hub['db'], UsageWorker>()

export const meteringModule: HubModule = { name: 'metering', routes: addMeteringRoutes, start }

async function start(hub: Hub): Promise<Stop> {
  const ignore = onCatalogueStored(hub, async (client, change) => {
    await bindGateway(client, change.gatewayId)
  })
  hub.live.setNarrower('usage', async ({ meteringPointIds }, user) => {
    const seen = await readablePoints(hub.db.pool, user, meteringPointIds)
    return seen.length > 0 ? { meteringPointIds: seen } : null
  })
  const worker = hub.roles.has('worker') ? startUsageWorker(hub) : null
  if (worker) workers.set(hub.db, worker)
  return async () => {
    ignore()
    await worker?.stop()
  }
}

/** Resolves once everything that was committed before the call is in the usage tables; in a process that computes. */
export async function usageCaughtUp(hub: Hub): Promise<void> {
  await workers.get(hub.db)?.caughtUp()
}

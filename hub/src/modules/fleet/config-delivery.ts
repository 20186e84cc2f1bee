/**
 * Hands revisions down to gateways: when they are saved, when the gateway comes, and again while it says nothing.
 * The gateway knows a revision by its id, so one that comes twice does no harm.
 */
import { TELEMETRY_VERSION, topics, type ConfigMessage } from '@courtyard/protocols/contract'
import type { Hub, Stop } from '../../platform/module.ts'
import { takeUnsent, type SealedConfigRow } from './configs.repository.ts'
import { openConfig } from './sealed-config.ts'

const LOOK_EVERY_MS = 15_000
/** Longer than a gateway needs to check and answer. */
const AGAIN_AFTER_MS = 60_000

/** Sends what is on its way to this gateway, whether it was sent before or not. Failures are made good later. */
export async function handDown(hub: Hub, gatewayId: string): Promise<void> {
  const now = hub.clock.now()
  await send(hub, () => takeUnsent(hub.db.pool, gatewayId, now, now))
}

/** Looks after those that nobody has reported. */
export function startDelivery(hub: Hub): Stop {
  let work: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    work = work.then(() => handDownQuiet(hub))
  }, LOOK_EVERY_MS)
  return async () => {
    clearInterval(timer)
    await work
  }
}

/** To gateways that are online and were not told within the last minute. */
export async function handDownQuiet(hub: Hub): Promise<void> {
  const now = hub.clock.now()
  const quietSince = new Date(now.getTime() - AGAIN_AFTER_MS)
  await send(hub, () => takeUnsent(hub.db.pool, null, quietSince, now))
}

async function send(hub: Hub, take: () => Promise<SealedConfigRow[]>): Promise<void> {
  try {
    for (const row of await take()) await publish(hub, row)
  } catch (error) {
    hub.log.warn({ err: error }, 'a configuration could not be handed down; trying again')
  }
}

async function publish(hub: Hub, row: SealedConfigRow): Promise<void> {
  const config = openConfig(hub, 'gateway_config', row.id, row.contentSealed)
  const message: ConfigMessage = { v: TELEMETRY_VERSION, revision: row.id, config }
  await hub.broker.publish(topics.configDown(row.gatewayId), JSON.stringify(message))
}

/** The hub's answers to a gateway. */
import { TELEMETRY_VERSION, topics, type AckMessage } from '@courtyard/protocols/contract'
import type { Hub } from '../../platform/module.ts'

export type AckParts = Partial<Pick<AckMessage, 'batches' | 'catalogue' | 'commands'>>

/**
 * Every answer carries the hub's time: a gateway that was started with a wrong clock learns it from there.
 * Resolves when the broker has it. One that gets lost does no harm: the gateway sends again and is told again.
 */
export async function acknowledge(
  hub: Pick<Hub, 'broker' | 'clock'>,
  gatewayId: string,
  parts: AckParts,
): Promise<void> {
  const hubTimeMs = hub.clock.now().getTime()
  const ack: AckMessage = { v: TELEMETRY_VERSION, batches: [], ...parts, hubTimeMs }
  await hub.broker.publish(topics.ack(gatewayId), JSON.stringify(ack))
}

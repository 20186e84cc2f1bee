import type { BrokerMessage } from '../../platform/broker/broker.ts'
import type { Hub } from '../../platform/module.ts'
import { say, type Reason } from '../../platform/reasons/reason.ts'
import { projectOf } from './gateways.repository.ts'
import { hooksOf } from './hooks.ts'

/** Keeps a message of a gateway that made no sense; that of an unknown or revoked one only goes to the log. */
export async function refuseMessage(
  hub: Hub,
  gatewayId: string,
  message: Pick<BrokerMessage, 'topic' | 'payload'>,
  code: string,
  reason: Reason,
): Promise<void> {
  const { topic, payload } = message
  hub.log.warn({ gatewayId, topic, reason: say(reason, 'en') }, 'message of a gateway refused')
  const projectId = await projectOf(hub.db.pool, gatewayId)
  if (projectId === null) return
  for (const listener of hooksOf(hub).messageRefused) {
    await listener({ gatewayId, projectId, topic, code, reason, payload })
  }
}

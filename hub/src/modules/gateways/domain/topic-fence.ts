/** A gateway stays among its own topics, whatever it asks for. */
import { topics } from '@courtyard/protocols/contract'

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** Whether a name can be that of a gateway at all, in the one spelling that counts. */
export function isGatewayId(name: string): boolean {
  return UUID.test(name)
}

export function canPublish(gatewayId: string, topic: string): boolean {
  const prefix = topics.upPrefix(gatewayId)
  return topic.startsWith(prefix) && /^[a-z]+$/.test(topic.slice(prefix.length))
}

/** Filters with wildcards are refused, under the own prefix too: no gateway needs one. */
export function canSubscribe(gatewayId: string, filter: string): boolean {
  const prefix = topics.downPrefix(gatewayId)
  return filter.startsWith(prefix) && /^[a-z]+$/.test(filter.slice(prefix.length))
}

/** A gateway stays among its own topics, whatever it asks for. */
import { topics } from '@courtyard/protocols/contract'

export function canPublish(gatewayId: string, topic: string): boolean {
  const prefix = topics.upPrefix(gatewayId)
  return topic.startsWith(prefix) && /^[a-z]+$/.test(topic.slice(prefix.length))
}

/** Filters with wildcards are refused, under the own prefix too: no gateway needs one. */
export function canSubscribe(gatewayId: string, filter: string): boolean {
  const prefix = topics.downPrefix(gatewayId)
  return filter.startsWith(prefix) && /^[a-z]+$/.test(filter.slice(prefix.length))
}

import type { Hub } from '../../platform/module.ts'
import { GatewayRequests } from './requests.ts'

const known = new WeakMap<Hub['db'], GatewayRequests>()

/** Those of one hub: asked by routes, answered by messages. */
export function requestsOf(hub: Hub): GatewayRequests {
  let requests = known.get(hub.db)
  if (!requests) known.set(hub.db, (requests = new GatewayRequests(hub)))
  return requests
}

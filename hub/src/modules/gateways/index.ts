/** Gateways: their identity, what they read, whether they are there. */
import { topics } from '@courtyard/protocols/contract'
import type { Hub, HubModule, Stop } from '../../platform/module.ts'
import { matchesSecret } from './credentials.ts'
import { watchablePoints } from './devices.repository.ts'
import { canPublish, canSubscribe, isGatewayId } from './domain/topic-fence.ts'
import { addGatewayRoutes } from './gateways.routes.ts'
import { secretHashOf } from './gateways.repository.ts'
import { GatewayMessages } from './messages.ts'
import { PresenceService } from './presence.service.ts'
import './permissions.ts'
import './gateways.search.ts'
import './reasons.ts'
import './webhook-events.ts'

export { acknowledge } from './acknowledgement.ts'
export { instantOf } from './domain/instant.ts'
export { projectOf, requireGateway, type GatewayRow } from './gateways.repository.ts'
export { endCredentials, stateOf } from './gateways.service.ts'
export { findDevice, listDevices, type DeviceRow } from './devices.repository.ts'
export {
  onArrived,
  onCatalogueCommitted,
  onCatalogueStored,
  onMessageRefused,
  takeMessages,
  type CatalogueChange,
  type CatalogueListener,
  type MessageTaker,
  type RefusedMessage,
} from './hooks.ts'

/** Starts after the modules that listen to catalogues, so that none of them misses one. */
export const gatewaysModule: HubModule = {
  name: 'gateways',
  routes: addGatewayRoutes,
  start,
}

async function start(hub: Hub): Promise<Stop | void> {
  hub.live.setPointResolver((deviceIds, user) => watchablePoints(hub.db.pool, user, deviceIds))
  hub.broker.setAuthenticator({
    authenticate: (username, password) => authenticate(hub, username, password),
    authenticateCertificate: async (username, serial) =>
      isGatewayId(username) && hub.security.authority.isGood(serial, username),
    canPublish,
    canSubscribe,
  })
  if (!hub.roles.has('ingest')) return
  const presence = new PresenceService(hub)
  const messages = new GatewayMessages(hub, presence)
  presence.start()
  const unsubscribe = await hub.broker.subscribe(topics.allUp, (message) => messages.take(message))
  // A will reaches us too; the connection's end is noticed at once even when there is none
  const ignore = hub.broker.onPresence(({ username, connected }) => {
    if (connected) return
    presence
      .disconnected(username)
      .catch((error: unknown) => hub.log.warn({ err: error }, 'presence not stored'))
  })
  return async () => {
    ignore()
    await unsubscribe()
    await presence.stop()
  }
}

async function authenticate(hub: Hub, gatewayId: string, password: string): Promise<boolean> {
  if (!isGatewayId(gatewayId)) return false
  const hash = await secretHashOf(hub.db.pool, gatewayId)
  return hash !== null && matchesSecret(password, hash)
}

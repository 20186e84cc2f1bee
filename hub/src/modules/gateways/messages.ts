/** What gateways send beside their batches: presence, status, catalogue, and kinds that other modules take. */
import { parseUpTopic } from '@courtyard/protocols/contract'
import type { BrokerMessage } from '../../platform/broker/broker.ts'
import type { Hub } from '../../platform/module.ts'
import { say } from '../../platform/reasons/reason.ts'
import { acknowledge } from './acknowledgement.ts'
import { takeCatalogue } from './catalogue.service.ts'
import { isGatewayId } from './domain/topic-fence.ts'
import { messageErrors } from './errors.ts'
import { hooksOf } from './hooks.ts'
import { parseJson } from './parse-json.ts'
import type { PresenceService } from './presence.service.ts'
import { refuseMessage } from './refused-message.ts'

export class GatewayMessages {
  private readonly hub: Hub
  private readonly presence: PresenceService

  constructor(hub: Hub, presence: PresenceService) {
    this.hub = hub
    this.presence = presence
  }

  /** Batches are not for us: ingest takes them. Rejects when the database is away; the gateway sends again. */
  async take(message: BrokerMessage): Promise<void> {
    const address = parseUpTopic(message.topic)
    if (!address || address.kind === 'batch' || !isGatewayId(address.gatewayId)) return
    const { gatewayId, kind } = address
    const json = parseJson(message.payload)
    if (json === undefined) {
      return refuseMessage(this.hub, gatewayId, message, messageErrors.notJson, {
        code: 'message.not_json',
        kind,
      })
    }
    if (kind === 'catalogue') return this.takeCatalogue(gatewayId, message, json)
    if (await this.understood(gatewayId, kind, json)) return
    await refuseMessage(this.hub, gatewayId, message, messageErrors.invalid, {
      code: 'message.breaks_schema',
      kind,
    })
  }

  private async understood(gatewayId: string, kind: string, json: unknown): Promise<boolean> {
    if (kind === 'status') return this.presence.takeStatus(gatewayId, json)
    if (kind === 'presence') return this.presence.takePresence(gatewayId, json)
    const take = hooksOf(this.hub).messageTakers.get(kind)
    return take !== undefined && take(gatewayId, json)
  }

  private async takeCatalogue(gatewayId: string, message: BrokerMessage, json: unknown): Promise<void> {
    const result = await takeCatalogue(this.hub, gatewayId, json)
    if (result.kind === 'foreign') return
    if (result.kind === 'refused') {
      await refuseMessage(this.hub, gatewayId, message, messageErrors.catalogueRefused, result.reason)
      const catalogue = { revision: result.revision, error: say(result.reason, 'en') }
      await acknowledge(this.hub, gatewayId, { catalogue })
      return
    }
    await acknowledge(this.hub, gatewayId, { catalogue: { revision: result.revision } })
    this.hub.live.publish('gateways', { gatewayIds: [gatewayId] }, { projectId: result.projectId })
  }
}

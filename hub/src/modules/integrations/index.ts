/** How other systems speak with the hub: API keys for what they ask, webhooks for what they are told. */
import type { HubModule } from '../../platform/module.ts'
import { WebhookSender } from '../../platform/webhooks/sender.ts'
import { addApiKeyRoutes } from './api-keys/api-keys.routes.ts'
import './permissions.ts'
import './reasons.ts'
import { startSending } from './webhooks/sending-loop.ts'
import { addWebhookRoutes } from './webhooks/webhooks.routes.ts'

export const integrationsModule: HubModule = {
  name: 'integrations',
  routes(app) {
    addApiKeyRoutes(app)
    addWebhookRoutes(app, new WebhookSender(app.hub))
  },
  async start(hub) {
    return hub.roles.has('worker') ? startSending(hub, new WebhookSender(hub)) : undefined
  },
}

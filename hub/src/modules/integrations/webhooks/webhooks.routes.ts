import { route } from '../../../platform/http/route.ts'
import type { HubApp } from '../../../platform/module.ts'
import type { WebhookSender } from '../../../platform/webhooks/sender.ts'
import { getDelivery, listDeliveries, sendAgain, sendTrial } from './deliveries.service.ts'
import {
  createWebhook,
  editWebhook,
  getWebhook,
  listEventKinds,
  listWebhooks,
  removeWebhook,
  rotateSecret,
  takeOverWebhook,
} from './webhooks.service.ts'

const read = { permission: 'webhooks.manage' } as const
/** What is told outside is told by one's own rights. */
const manage = { ...read, ownWord: true } as const

export function addWebhookRoutes(app: HubApp, sender: WebhookSender): void {
  route(app, 'GET /api/webhook-events', read, async ({ user }) => listEventKinds(user))
  route(app, 'GET /api/webhooks', read, ({ hub, user }) => listWebhooks(hub, user))
  route(app, 'GET /api/webhooks/:id', read, ({ hub, user, params }) => getWebhook(hub, user, params.id))
  route(app, 'POST /api/webhooks', manage, ({ hub, user, audit, body }) =>
    createWebhook(hub, { user, audit }, body),
  )
  route(app, 'PATCH /api/webhooks/:id', manage, ({ hub, user, audit, params, body }) =>
    editWebhook(hub, { user, audit }, params.id, body),
  )
  route(app, 'POST /api/webhooks/:id/rotate-secret', manage, ({ hub, user, audit, params, body }) =>
    rotateSecret(hub, { user, audit }, params.id, body.version),
  )
  route(app, 'POST /api/webhooks/:id/take-over', manage, ({ hub, user, audit, params, body }) =>
    takeOverWebhook(hub, { user, audit }, params.id, body.version),
  )
  route(app, 'DELETE /api/webhooks/:id', manage, async ({ hub, user, audit, params }) => {
    await removeWebhook(hub, { user, audit }, params.id)
    return { ok: true as const }
  })
  addDeliveryRoutes(app, sender)
}

function addDeliveryRoutes(app: HubApp, sender: WebhookSender): void {
  route(app, 'POST /api/webhooks/:id/test', { ...manage, perMinute: 20 }, ({ hub, params, ...call }) =>
    sendTrial(hub, sender, call, params.id),
  )
  route(app, 'GET /api/webhooks/:id/deliveries', read, ({ hub, params, query, ...call }) =>
    listDeliveries(hub, call, params.id, query),
  )
  route(app, 'GET /api/webhook-deliveries/:id', read, ({ hub, params, ...call }) =>
    getDelivery(hub, call, params.id),
  )
  route(app, 'POST /api/webhook-deliveries/:id/send-again', read, ({ hub, params, ...call }) =>
    sendAgain(hub, call, params.id),
  )
}

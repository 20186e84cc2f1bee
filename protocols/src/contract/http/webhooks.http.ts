/** Webhooks: what other systems are told when it happens. */
import * as z from 'zod'
import { Permission } from './platform.http.ts'
import { Done, Id, Instant, idParams, type RouteTable } from './route.ts'

const Texts = z.object({ zh: z.string(), en: z.string() })
const cursor = z.string().max(200).optional()
const limit = z.coerce.number().int().min(1).max(100).default(30)

/** queued → delivered, or failed (tried again) → dead. */
export const WebhookDeliveryState = z.enum(['queued', 'failed', 'delivered', 'dead'])
export type WebhookDeliveryState = z.infer<typeof WebhookDeliveryState>

/** Projects whose events are told; `all` is also for what lies in no project. */
export const WebhookPlace = z.discriminatedUnion('all', [
  z.object({ all: z.literal(true) }),
  z.object({ all: z.literal(false), projectIds: z.array(Id).min(1).max(500) }),
])
export type WebhookPlace = z.infer<typeof WebhookPlace>

export const WebhookEventKind = z.object({
  type: z.string(),
  group: Texts,
  label: Texts,
  /** What its `data` holds. */
  description: Texts,
  /** Nobody is told of what he may not read. */
  permission: Permission,
  /** Whether I may subscribe to it in some project. */
  allowed: z.boolean(),
})
export type WebhookEventKind = z.infer<typeof WebhookEventKind>

export const Webhook = z.object({
  id: Id,
  name: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  place: WebhookPlace,
  active: z.boolean(),
  /** Whose rights decide what is told. */
  owner: z.object({ id: Id, displayName: z.string(), disabled: z.boolean() }),
  version: z.number().int(),
  createdAt: Instant,
  /** Until then deliveries carry a signature with the secret from before too. */
  previousSecretUntil: Instant.nullable(),
  /** Of the last 24 hours. */
  delivered: z.number().int(),
  /** Of any time, those that are tried again included. */
  waiting: z.number().int(),
  failing: z.number().int(),
  dead: z.number().int(),
  lastDeliveredAt: Instant.nullable(),
  /** First try that failed since the last one that was taken; null: the last one was taken. */
  failingSince: Instant.nullable(),
  isMine: z.boolean(),
})
export type Webhook = z.infer<typeof Webhook>

/** The only answer that holds the secret. */
export const ShownWebhook = z.object({ webhook: Webhook, secret: z.string() })
export type ShownWebhook = z.infer<typeof ShownWebhook>

export const WebhookDelivery = z.object({
  id: Id,
  webhookId: Id,
  /** Header `webhook-id`: the same for every try. */
  eventId: Id,
  type: z.string(),
  at: Instant,
  projectId: Id.nullable(),
  state: WebhookDeliveryState,
  attempts: z.number().int(),
  nextAt: Instant.nullable(),
  deliveredAt: Instant.nullable(),
  /** HTTP status of the last answer; null when nobody answered. */
  status: z.number().int().nullable(),
  fault: z.string().nullable(),
})
export type WebhookDelivery = z.infer<typeof WebhookDelivery>

export const WebhookAttempt = z.object({
  id: z.string(),
  at: Instant,
  durationMs: z.number().int(),
  status: z.number().int().nullable(),
  /** The beginning of the answer. */
  body: z.string().nullable(),
  fault: z.string().nullable(),
})
export type WebhookAttempt = z.infer<typeof WebhookAttempt>

export const WebhookDeliveryDetail = WebhookDelivery.extend({
  /** What is sent, as JSON text. */
  payload: z.string(),
  tries: z.array(WebhookAttempt),
})
export type WebhookDeliveryDetail = z.infer<typeof WebhookDeliveryDetail>

const webhookFields = {
  name: z.string().trim().min(1).max(60),
  url: z.url({ protocol: /^https?$/ }).max(500),
  events: z.array(z.string().max(100)).min(1).max(300),
  place: WebhookPlace,
  active: z.boolean(),
}
const versioned = z.object({ version: z.number().int() })

export const webhooksRoutes = {
  'GET /api/webhook-events': {
    summary: 'What there is to be told of',
    response: z.array(WebhookEventKind),
  },
  'GET /api/webhooks': {
    summary: 'Webhooks that are mine, or that I could have made',
    response: z.array(Webhook),
  },
  'GET /api/webhooks/:id': { summary: 'A webhook', params: idParams, response: Webhook },
  'POST /api/webhooks': {
    summary: 'Make a webhook; its secret is shown in this answer and never again',
    body: z.object({ ...webhookFields, active: webhookFields.active.default(true) }),
    response: ShownWebhook,
  },
  'PATCH /api/webhooks/:id': {
    summary: 'Change a webhook',
    params: idParams,
    body: z.object(webhookFields).partial().extend({ version: z.number().int() }),
    response: Webhook,
  },
  'POST /api/webhooks/:id/rotate-secret': {
    summary: 'Exchange the secret; for 24 hours deliveries are signed with both',
    params: idParams,
    body: versioned,
    response: ShownWebhook,
  },
  'POST /api/webhooks/:id/take-over': {
    summary: 'Answer for the webhook of somebody else from now on',
    params: idParams,
    body: versioned,
    response: Webhook,
  },
  'DELETE /api/webhooks/:id': {
    summary: 'End a webhook; what waits is not sent any more',
    params: idParams,
    response: Done,
  },
  'POST /api/webhooks/:id/test': {
    summary: 'Send the event `webhook.test` now, whatever the webhook subscribes to',
    params: idParams,
    response: WebhookDeliveryDetail,
  },
  'GET /api/webhooks/:id/deliveries': {
    summary: 'What a webhook was sent or is to be sent, newest first',
    params: idParams,
    query: z.object({
      state: WebhookDeliveryState.optional(),
      type: z.string().max(100).optional(),
      cursor,
      limit,
    }),
    response: z.object({ items: z.array(WebhookDelivery), nextCursor: z.string().nullable() }),
  },
  'GET /api/webhook-deliveries/:id': {
    summary: 'A delivery with its tries',
    params: idParams,
    response: WebhookDeliveryDetail,
  },
  'POST /api/webhook-deliveries/:id/send-again': {
    summary: 'Send what was delivered or given up once more, with the same id',
    params: idParams,
    response: WebhookDeliveryDetail,
  },
} as const satisfies RouteTable

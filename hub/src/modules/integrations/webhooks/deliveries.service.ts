/** What a webhook was sent, and what came back. */
import { randomUUID } from 'node:crypto'
import type {
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookDeliveryState,
} from '@courtyard/protocols/contract'
import type { CurrentUser } from '../../../platform/auth/user.ts'
import { fail } from '../../../platform/errors.ts'
import type { Hub } from '../../../platform/module.ts'
import { say, type Language, type Reason } from '../../../platform/reasons/reason.ts'
import { insertTrial } from '../../../platform/webhooks/delivery.repository.ts'
import { TEST_EVENT } from '../../../platform/webhooks/event-kinds.ts'
import { CLAIM_MS, payloadOf, type WebhookSender } from '../../../platform/webhooks/sender.ts'
import { integrationErrors } from '../errors.ts'
import {
  attemptsOf,
  deliveriesOf,
  deliveryById,
  sendDeliveryAgain,
  type DeliveryPlace,
  type DeliveryRow,
} from './deliveries.repository.ts'
import { findWebhook, type Actor } from './webhooks.service.ts'

interface Reader {
  readonly user: CurrentUser
  readonly language: Language
}

/** @throws AppError `webhook.not_found`, `webhook_delivery.cursor_invalid` */
export async function listDeliveries(
  hub: Hub,
  { user, language }: Reader,
  webhookId: string,
  query: {
    readonly state?: WebhookDeliveryState | undefined
    readonly type?: string | undefined
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<{ items: WebhookDelivery[]; nextCursor: string | null }> {
  await findWebhook(hub.db.pool, user, webhookId)
  const { state, type, limit } = query
  const wish = { webhookId, state, type, after: placeOf(query.cursor), limit: limit + 1 }
  const rows = await deliveriesOf(hub.db.pool, user, wish)
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const nextCursor = rows.length > limit && last ? `${last.createdAt.getTime()}.${last.id}` : null
  return { items: shown.map((row) => deliveryOf(row, language)), nextCursor }
}

/** @throws AppError `webhook_delivery.not_found` */
export async function getDelivery(
  hub: Hub,
  { user, language }: Reader,
  id: string,
): Promise<WebhookDeliveryDetail> {
  const row = await deliveryById(hub.db.pool, user, id)
  if (!row) throw notFound(id)
  await findWebhook(hub.db.pool, user, row.webhookId)
  return detailOf(hub, row, language)
}

/** @throws AppError `webhook_delivery.not_found`, `webhook_delivery.waiting` for one that is on its way */
export async function sendAgain(
  hub: Hub,
  { user, audit, language }: Actor & Reader,
  id: string,
): Promise<WebhookDeliveryDetail> {
  await hub.db.transaction(async (tx) => {
    const row = await deliveryById(tx, user, id, true)
    if (!row) throw notFound(id)
    await findWebhook(tx, user, row.webhookId)
    if (row.state === 'queued' || row.state === 'failed') {
      throw fail(integrationErrors.deliveryWaiting, 'It is on its way already')
    }
    await sendDeliveryAgain(tx, id, hub.clock.now())
    await audit(tx, {
      ...{ action: 'webhook.resend', entity: 'webhook', entityId: row.webhookId, projectId: row.projectId },
      before: { state: row.state, attempts: row.attempts },
      after: { state: 'queued', delivery: id },
    })
  })
  return getDelivery(hub, { user, language }, id)
}

/** Sends at once, also while the webhook is paused; once, whatever comes of it. */
export async function sendTrial(
  hub: Hub,
  sender: WebhookSender,
  { user, audit, language }: Actor & Reader,
  webhookId: string,
): Promise<WebhookDeliveryDetail> {
  const claimed = await hub.db.transaction(async (tx) => {
    const { name } = await findWebhook(tx, user, webhookId)
    const now = hub.clock.now()
    await audit(tx, { action: 'webhook.test', entity: 'webhook', entityId: webhookId })
    const data = { webhook: name, by: user.displayName }
    const until = new Date(now.getTime() + CLAIM_MS)
    return insertTrial(tx, { webhookId, eventId: randomUUID(), type: TEST_EVENT, data, now, until })
  })
  await sender.deliver(claimed)
  return getDelivery(hub, { user, language }, claimed.id)
}

/** @throws AppError `webhook_delivery.cursor_invalid` */
function placeOf(cursor: string | undefined): DeliveryPlace | null {
  if (cursor === undefined) return null
  const match = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(cursor)
  if (!match) throw fail(integrationErrors.cursorInvalid, 'The cursor is not valid')
  return { at: new Date(Number(match[1])), id: match[2]! }
}

function deliveryOf(row: DeliveryRow, language: Language): WebhookDelivery {
  const { id, webhookId, eventId, type, projectId, state, attempts, status } = row
  const waits = state === 'queued' || state === 'failed'
  return {
    ...{ id, webhookId, eventId, type, projectId, state, attempts, status },
    at: row.at.toISOString(),
    nextAt: waits ? row.nextAt.toISOString() : null,
    deliveredAt: row.deliveredAt?.toISOString() ?? null,
    fault: said(row.fault, language),
  }
}

async function detailOf(hub: Hub, row: DeliveryRow, language: Language): Promise<WebhookDeliveryDetail> {
  const tries = (await attemptsOf(hub.db.pool, row.id)).map(({ at, fault, ...attempt }) => ({
    ...attempt,
    at: at.toISOString(),
    fault: said(fault, language),
  }))
  return { ...deliveryOf(row, language), payload: payloadOf(row), tries }
}

const said = (reason: Reason | null, language: Language) => (reason ? say(reason, language) : null)

function notFound(id: string) {
  return fail(integrationErrors.deliveryNotFound, 'There is no such delivery', { id })
}

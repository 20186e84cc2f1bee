import type { OutboxDelivery, OutboxDetail } from '@courtyard/protocols/contract'
import { maskPhone, SEE_SENSITIVE, maySeeSensitive } from '../../platform/auth/sensitive.ts'
import { hasEverywhere, requireProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import type { Reason } from '../../platform/reasons/reason.ts'
import { pageOfRows, placeOf } from './cursor.ts'
import { notificationErrors } from './errors.ts'
import { outboxList, outboxRow, reviveDelivery, type OutboxRow } from './outbox-list.repository.ts'
import { templateRef } from './template-ref.ts'

export function addOutboxRoutes(app: HubApp): void {
  route(app, 'GET /api/outbox', { permission: 'messages.read' }, async ({ hub, user, query, say }) => {
    if (query.projectId) requireProject(user, query.projectId, 'messages.read')
    const found = await outboxList(hub.db.pool, user, { ...query, after: placeOf(query.cursor) })
    const { rows, nextCursor } = pageOfRows(found, query.limit)
    return { items: rows.map((row) => deliveryOf(row, user, say)), nextCursor }
  })
  route(app, 'GET /api/outbox/:id', { permission: 'messages.read' }, async ({ hub, user, params, say }) => {
    const row = await outboxRow(hub.db.pool, user, 'messages.read', params.id)
    if (!row) throw notFound(params.id)
    return detailOf(row, user, say)
  })
  route(
    app,
    'POST /api/outbox/:id/send-again',
    { permission: 'messages.send' },
    ({ hub, user, audit, params, say }) =>
      hub.db.transaction(async (tx) => {
        const row = await outboxRow(tx, user, 'messages.send', params.id, true)
        if (!row) throw notFound(params.id)
        if (row.state !== 'dead') throw fail(notificationErrors.notDead, 'It is on its way already')
        if (row.address === null)
          throw fail(notificationErrors.noAddress, 'There is no address to send it to')
        await reviveDelivery(tx, row.id, hub.clock.now())
        await audit(tx, {
          ...{ action: 'message.sendAgain', entity: 'message', entityId: row.id, projectId: row.projectId },
          before: { state: row.state, attempts: row.attempts },
          after: { state: 'queued' },
        })
        const revived = await outboxRow(tx, user, 'messages.send', params.id)
        return detailOf(revived!, user, say)
      }),
  )
}

function notFound(id: string) {
  return fail(notificationErrors.notFound, 'There is no such message', { id })
}

type Say = (reason: Reason) => string

function deliveryOf(row: OutboxRow, user: CurrentUser, say: Say): OutboxDelivery {
  const { id, messageId, projectId, channel, recipient, subject, priority, state, attempts } = row
  const text = (at: Date | null) => at?.toISOString() ?? null
  const waits = state === 'queued' || state === 'failed'
  return {
    ...{ id, messageId, projectId, channel, subject, priority, state, attempts },
    template: templateRef(row.template),
    recipient,
    address: addressFor(user, row),
    createdAt: row.createdAt.toISOString(),
    sentAt: text(row.sentAt),
    deliveredAt: text(row.deliveredAt),
    readAt: text(row.readAt),
    nextAt: waits ? row.nextAt.toISOString() : null,
    fault: row.fault ? say(row.fault) : null,
  }
}

function detailOf(row: OutboxRow, user: CurrentUser, say: Say): OutboxDetail {
  const { body, link, language, templateVersion, providerId } = row
  return { ...deliveryOf(row, user, say), body, link, language, templateVersion, providerId }
}

function addressFor(user: CurrentUser, { address, channel, projectId }: OutboxRow): string | null {
  if (address === null || (channel !== 'sms' && channel !== 'voice')) return address
  const whole = projectId === null ? hasEverywhere(user, SEE_SENSITIVE) : maySeeSensitive(user, { projectId })
  return whole ? address : maskPhone(address)
}

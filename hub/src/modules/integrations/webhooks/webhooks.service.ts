/** Webhooks as people set them up: nobody is told of what he may not read himself. */
import { randomUUID } from 'node:crypto'
import type { PoolClient } from 'pg'
import type {
  RouteBody,
  ShownWebhook,
  Webhook,
  WebhookEventKind,
  WebhookPlace,
} from '@courtyard/protocols/contract'
import type { Audit } from '../../../platform/audit/audit.ts'
import {
  hasEverywhere,
  hasPermission,
  inWholeProject,
  type CurrentUser,
} from '../../../platform/auth/user.ts'
import { fail, invalidInput, type InputFault } from '../../../platform/errors.ts'
import type { Hub } from '../../../platform/module.ts'
import { HOUR_MS } from '../../../platform/retry.ts'
import { eventKinds } from '../../../platform/webhooks/event-kinds.ts'
import type { WebhookReason } from '../../../platform/webhooks/reasons.ts'
import { secretPlace } from '../../../platform/webhooks/sender.ts'
import { newWebhookSecret } from '../../../platform/webhooks/signature.ts'
import { integrationErrors } from '../errors.ts'
import type { IntegrationReason } from '../reasons.ts'
import {
  allWebhooks,
  endWebhook,
  exchangeWebhookSecret,
  insertWebhook,
  knownProjects,
  setWebhookOwner,
  updateWebhook,
  webhookById,
  webhookCounts,
  type StoredWebhook,
  type WebhookCounts,
  type WebhookFields,
} from './webhooks.repository.ts'

export const MANAGE = 'webhooks.manage'
/** So long deliveries are signed with the old secret too. */
const BOTH_SECRETS_MS = 24 * HOUR_MS

export interface Actor {
  readonly user: CurrentUser
  readonly audit: Audit
}

export function listEventKinds(user: CurrentUser): WebhookEventKind[] {
  return eventKinds().map((kind) => ({ ...kind, allowed: hasPermission(user, kind.permission) }))
}

/** Webhooks that are the person's own, and those whose projects he keeps. */
export async function listWebhooks(hub: Hub, user: CurrentUser): Promise<Webhook[]> {
  const seen = (await allWebhooks(hub.db.pool)).filter((webhook) => maySee(user, webhook))
  const counts = await webhookCounts(
    hub.db.pool,
    seen.map(({ id }) => id),
    hub.clock.now(),
  )
  return seen.map((webhook) => viewOf(webhook, counts.get(webhook.id), user, hub.clock.now()))
}

/** @throws AppError `webhook.not_found` */
export async function getWebhook(hub: Hub, user: CurrentUser, id: string): Promise<Webhook> {
  const webhook = await findWebhook(hub.db.pool, user, id)
  const counts = await webhookCounts(hub.db.pool, [id], hub.clock.now())
  return viewOf(webhook, counts.get(id), user, hub.clock.now())
}

/** @throws AppError `webhook.not_found` also for one that the person may not see */
export async function findWebhook(
  client: Parameters<typeof webhookById>[0],
  user: CurrentUser,
  id: string,
  lock = false,
): Promise<StoredWebhook> {
  const webhook = await webhookById(client, id, lock)
  if (!webhook || !maySee(user, webhook))
    throw fail(integrationErrors.webhookNotFound, 'There is no such webhook', { id })
  return webhook
}

/** @throws AppError `input.invalid` */
export async function createWebhook(
  hub: Hub,
  { user, audit }: Actor,
  input: RouteBody<'POST /api/webhooks'> & { active: boolean },
): Promise<ShownWebhook> {
  const id = randomUUID()
  const secret = newWebhookSecret()
  const fields = fieldsOf(input)
  await hub.db.transaction(async (tx) => {
    await requireAllowed(tx, user, fields)
    const secretSealed = hub.security.box.seal(secret, secretPlace(id))
    await insertWebhook(tx, { ...fields, id, ownerId: user.id, secretSealed, now: hub.clock.now() })
    await audit(tx, { action: 'webhook.create', entity: 'webhook', entityId: id, after: fields })
  })
  return { webhook: await getWebhook(hub, user, id), secret }
}

/** @throws AppError `webhook.not_found`, `webhook.changed`, `input.invalid` */
export async function editWebhook(
  hub: Hub,
  { user, audit }: Actor,
  id: string,
  { version, ...input }: RouteBody<'PATCH /api/webhooks/:id'>,
): Promise<Webhook> {
  await hub.db.transaction(async (tx) => {
    const before = await lockWebhook(tx, user, id, version)
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
    const after = fieldsOf({ ...fieldsOf(before), ...given })
    // Pausing is open to whoever may see it, whatever it tells
    if (Object.keys(given).some((name) => name !== 'active' && name !== 'name'))
      await requireAllowed(tx, user, after)
    await updateWebhook(tx, id, after)
    const change = {
      action: 'webhook.change',
      entity: 'webhook',
      entityId: id,
      before: fieldsOf(before),
      after,
    }
    await audit(tx, change)
  })
  return getWebhook(hub, user, id)
}

/** For a day deliveries are signed with both, so that the receiver can be told the new one meanwhile. */
export async function rotateSecret(
  hub: Hub,
  { user, audit }: Actor,
  id: string,
  version: number,
): Promise<ShownWebhook> {
  const secret = newWebhookSecret()
  await hub.db.transaction(async (tx) => {
    await lockWebhook(tx, user, id, version)
    const until = new Date(hub.clock.now().getTime() + BOTH_SECRETS_MS)
    await exchangeWebhookSecret(tx, id, hub.security.box.seal(secret, secretPlace(id)), until)
    await audit(tx, { action: 'webhook.rotateSecret', entity: 'webhook', entityId: id })
  })
  return { webhook: await getWebhook(hub, user, id), secret }
}

/** From now on it tells what this person may read. */
export async function takeOverWebhook(
  hub: Hub,
  { user, audit }: Actor,
  id: string,
  version: number,
): Promise<Webhook> {
  await hub.db.transaction(async (tx) => {
    const before = await lockWebhook(tx, user, id, version)
    await requireAllowed(tx, user, fieldsOf(before))
    await setWebhookOwner(tx, id, user.id)
    await audit(tx, {
      ...{ action: 'webhook.takeOver', entity: 'webhook', entityId: id },
      before: { owner: before.ownerName },
      after: { owner: user.displayName },
    })
  })
  return getWebhook(hub, user, id)
}

/** @throws AppError `webhook.not_found` */
export async function removeWebhook(hub: Hub, { user, audit }: Actor, id: string): Promise<void> {
  await hub.db.transaction(async (tx) => {
    const before = await findWebhook(tx, user, id, true)
    await endWebhook(tx, id, hub.clock.now())
    await audit(tx, { action: 'webhook.remove', entity: 'webhook', entityId: id, before: fieldsOf(before) })
  })
}

async function lockWebhook(
  tx: PoolClient,
  user: CurrentUser,
  id: string,
  version: number,
): Promise<StoredWebhook> {
  const webhook = await findWebhook(tx, user, id, true)
  if (webhook.version === version) return webhook
  throw fail(
    integrationErrors.webhookChanged,
    'Somebody has changed this webhook meanwhile; look at it again',
  )
}

export function maySee(user: CurrentUser, { ownerId, place }: StoredWebhook): boolean {
  return ownerId === user.id || covers(user, MANAGE, place)
}

/** Whether the person has the permission in all that the webhook tells of. */
function covers(user: CurrentUser, permission: string, place: WebhookPlace): boolean {
  if (hasEverywhere(user, permission)) return true
  if (place.all || place.projectIds.length === 0) return false
  return place.projectIds.every((id) => inWholeProject(user, id, permission))
}

/** @throws AppError `input.invalid` for what the person may not be told himself */
async function requireAllowed(tx: PoolClient, user: CurrentUser, fields: WebhookFields): Promise<void> {
  const faults: InputFault[] = []
  const refuse = (path: string, reason: WebhookReason | IntegrationReason) => faults.push({ path, reason })
  const { username, password } = new URL(fields.url)
  if (username || password) refuse('url', { code: 'webhook.credentials_in_url' })
  const known = new Map(eventKinds().map((kind) => [kind.type, kind]))
  const unknown = fields.events.filter((type) => !known.has(type))
  if (unknown.length > 0) refuse('events', { code: 'webhook.unknown_event', types: listed(unknown) })
  const { place } = fields
  if (!place.all && (await knownProjects(tx, place.projectIds)).length < place.projectIds.length) {
    refuse('place', { code: 'webhook.no_project' })
  }
  const asked = new Set([MANAGE, ...fields.events.flatMap((type) => known.get(type)?.permission ?? [])])
  const missing = [...asked].filter((permission) => !covers(user, permission, place))
  if (missing.length > 0) refuse('place', { code: 'webhook.beyond', permissions: listed(missing) })
  if (faults.length > 0) throw invalidInput('The webhook is not possible', faults)
}

const listed = (names: readonly string[]) => names.slice(0, 5).join(', ') + (names.length > 5 ? ' …' : '')

/** The part that people write, lists without repetitions. */
function fieldsOf({ name, url, events, place, active }: WebhookFields): WebhookFields {
  return {
    ...{ name, url, active },
    events: [...new Set(events)].sort(),
    place: place.all ? { all: true } : { all: false, projectIds: [...new Set(place.projectIds)] },
  }
}

function viewOf(
  webhook: StoredWebhook,
  counts: WebhookCounts | undefined,
  user: CurrentUser,
  now: Date,
): Webhook {
  const { id, version, previousSecretUntil, ownerId, ownerName, ownerDisabled } = webhook
  const { name, url, events, place, active } = fieldsOf(webhook)
  const both = previousSecretUntil && previousSecretUntil > now ? previousSecretUntil : null
  return {
    ...{ id, name, url, active, version },
    events: [...events],
    place,
    owner: { id: ownerId, displayName: ownerName, disabled: ownerDisabled },
    createdAt: webhook.createdAt.toISOString(),
    previousSecretUntil: both?.toISOString() ?? null,
    delivered: counts?.delivered ?? 0,
    waiting: counts?.waiting ?? 0,
    failing: counts?.failing ?? 0,
    dead: counts?.dead ?? 0,
    failingSince: webhook.failingSince?.toISOString() ?? null,
    lastDeliveredAt: counts?.lastDeliveredAt?.toISOString() ?? null,
    isMine: ownerId === user.id,
  }
}

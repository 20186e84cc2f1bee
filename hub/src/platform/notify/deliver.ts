/**
 * Sends what is due. A row is claimed, sent, noted: a process that dies before sending has lost nothing, one that dies
 * between sending and noting leaves a row that is sent again after the claim has run out. Providers that know the
 * delivery's id as idempotency key then send once; others may send twice.
 */
import type { QuietHours } from '@courtyard/protocols/contract'
import type { Hub } from '../module.ts'
import { messageRetries } from '../retry.ts'
import { adapterOf } from './adapters/adapter-of.ts'
import { SendFault, shortText, type ChannelAdapter, type Outgoing } from './adapters/adapter.ts'
import { channelSetups, type ChannelSetup } from './channel-settings.repository.ts'
import { sealedPlace } from './notify.ts'
import {
  claimDue,
  homeTimeZone,
  noteFailed,
  noteSent,
  putBack,
  quietWishes,
  type ClaimedDelivery,
  type QuietWish,
} from './outbox.repository.ts'
import { latest, quietUntil } from './quiet-hours.ts'
import type { MessageReason } from './reasons.ts'
import { findTemplate, spokenValues } from './template.ts'
import { textsInForce } from './texts.repository.ts'

/** Sent side by side; all of them are done long before the claim ends. */
const AT_ONCE = 8
const CLAIM_MS = 180_000
const URGENT = 2

/** Sends all that is due on all channels. @returns how many went out */
export async function deliverDue(hub: Hub, signal?: AbortSignal): Promise<number> {
  let sent = 0
  for (const setup of await channelSetups(hub.db.pool, hub.security.box)) {
    if (setup.settings.enabled) sent += await deliverChannel(hub, setup, signal)
  }
  return sent
}

async function deliverChannel(
  hub: Hub,
  setup: ChannelSetup,
  signal: AbortSignal | undefined,
): Promise<number> {
  const adapter = adapterOf(hub, setup)
  const { channel, settings } = setup
  let sent = 0
  while (!signal?.aborted) {
    const now = hub.clock.now()
    const until = new Date(now.getTime() + CLAIM_MS)
    const claimed = await hub.db.transaction((client) =>
      claimDue(client, { channel, perMinute: settings.perMinute, most: AT_ONCE, now, until }),
    )
    if (claimed.length === 0) break
    const context = await contextOf(hub, setup, adapter, claimed)
    const outcomes = await Promise.all(claimed.map((delivery) => deliver(context, delivery)))
    sent += outcomes.filter(Boolean).length
  }
  return sent
}

interface Context {
  readonly hub: Hub
  readonly setup: ChannelSetup
  readonly adapter: ChannelAdapter
  readonly wishes: ReadonlyMap<string, QuietWish>
  readonly homeZone: string
}

async function contextOf(
  hub: Hub,
  setup: ChannelSetup,
  adapter: ChannelAdapter,
  claimed: readonly ClaimedDelivery[],
): Promise<Context> {
  const { pool } = hub.db
  const userIds = claimed.flatMap(({ userId }) => (userId === null ? [] : [userId]))
  return { hub, setup, adapter, wishes: await quietWishes(pool, userIds), homeZone: await homeTimeZone(pool) }
}

/** @returns whether it went out */
async function deliver(context: Context, delivery: ClaimedDelivery): Promise<boolean> {
  const { hub, adapter } = context
  const { pool } = hub.db
  const now = hub.clock.now()
  if (delivery.attempts > messageRetries.mostAttempts) {
    // Each try was claimed and never noted: whatever it is, it takes processes down with it
    await noteFailed(pool, delivery.id, null, { code: 'message.tries_over' })
    return false
  }
  const quiet = delivery.rank >= URGENT ? null : quietFor(context, delivery, now)
  if (quiet) {
    await putBack(pool, delivery.id, quiet, { code: 'message.quiet' })
    return false
  }
  try {
    const { providerId } = await adapter(await outgoingOf(hub, delivery))
    await noteSent(pool, delivery.id, hub.clock.now(), providerId)
    return true
  } catch (error) {
    const { reason, permanent } = faultOf(error)
    const next = permanent ? null : messageRetries.nextTry(delivery.attempts, hub.clock.now())
    await noteFailed(pool, delivery.id, next, reason)
    const log = hub.log.child({ module: 'notify' })
    // The fault may quote a provider, never the message
    log.warn(
      { deliveryId: delivery.id, channel: delivery.channel, reason: reason.code, nextAt: next },
      'not sent',
    )
    return false
  }
}

function faultOf(error: unknown): { reason: MessageReason; permanent: boolean } {
  if (error instanceof SendFault) return error
  return { reason: { code: 'message.fault', fault: shortText(error) }, permanent: false }
}

function quietFor({ setup, wishes, homeZone }: Context, delivery: ClaimedDelivery, now: Date): Date | null {
  const zone = delivery.timeZone ?? homeZone
  const wish = delivery.userId === null ? undefined : wishes.get(delivery.userId)
  const own: QuietHours | null =
    wish?.quietFrom && wish.quietTo ? { from: wish.quietFrom, to: wish.quietTo } : null
  const muted = wish?.mutedUntil && wish.mutedUntil > now ? wish.mutedUntil : null
  return latest([quietUntil(now, zone, setup.settings.quiet), quietUntil(now, zone, own), muted])
}

async function outgoingOf(hub: Hub, delivery: ClaimedDelivery): Promise<Outgoing> {
  const { id, channel, address, recipient, language, subject, template: key } = delivery
  const template = findTemplate(key)
  const codes = template ? (await textsInForce(hub.db.pool, template)).providerCodes : {}
  const { body, values } = contentOf(hub, delivery)
  return {
    ...{ id, channel, address, recipient, language, subject, body, template: key, variables: values },
    link: delivery.link ? hub.publicUrl + delivery.link : null,
    providerCode: codes[channel] || null,
  }
}

function contentOf(hub: Hub, delivery: ClaimedDelivery): { body: string; values: Record<string, string> } {
  const { id, sealed, template: key, variables, language } = delivery
  if (sealed) {
    const opened = hub.security.box.open(sealed, sealedPlace(id)).toString()
    return JSON.parse(opened) as { body: string; values: Record<string, string> }
  }
  const template = findTemplate(key)
  return { body: delivery.body ?? '', values: template ? spokenValues(template, variables, language) : {} }
}

/**
 * Sends what is due. A row is claimed, sent, noted: a process that dies in between leaves a row that is sent again when
 * the claim has run out, with the same id, by which the receiver knows it.
 */
import { loadUser } from '../auth/load-user.repository.ts'
import { hasEverywhere, inWholeProject, type CurrentUser } from '../auth/user.ts'
import type { Hub } from '../module.ts'
import { webhookRetries } from '../retry.ts'
import { allowedAddresses, type AddressPolicy } from './address-guard.ts'
import { claimDue, noteAttempt, type ClaimedDelivery, type Outcome } from './delivery.repository.ts'
import { eventKind, TEST_EVENT } from './event-kinds.ts'
import { post, type Answer } from './post.ts'
import { WebhookFault } from './reasons.ts'
import { signedHeaders } from './signature.ts'
import { networkPolicy } from './settings.ts'

/** Side by side for one webhook. */
const AT_ONCE = 4
/** Longer than a try takes. */
export const CLAIM_MS = 60_000

export type Policy = (hub: Hub) => Promise<AddressPolicy>

export class WebhookSender {
  private readonly hub: Hub
  private readonly policy: Policy
  /** Webhooks at which this process is. */
  private readonly busy = new Map<string, Promise<void>>()

  /** @param policy which networks may be reached; default: the setting */
  constructor(hub: Hub, policy: Policy = networkPolicy) {
    this.hub = hub
    this.policy = policy
  }

  /**
   * Begins with what is due at webhooks that this process is not at; a slow receiver holds up nobody else.
   * @returns how many deliveries were begun
   */
  async begin(): Promise<number> {
    const now = this.hub.clock.now()
    const until = new Date(now.getTime() + CLAIM_MS)
    const wish = { most: AT_ONCE, except: [...this.busy.keys()], now, until }
    const claimed = await claimDue(this.hub.db.pool, wish)
    for (const [webhookId, deliveries] of Map.groupBy(claimed, (one) => one.webhookId)) {
      const work = this.deliverAll(deliveries).finally(() => this.busy.delete(webhookId))
      this.busy.set(webhookId, work)
    }
    return claimed.length
  }

  /** Resolves when all that has begun is over. */
  async settled(): Promise<void> {
    await Promise.all(this.busy.values())
  }

  /** Everything that is due, until nothing is. */
  async deliverDue(): Promise<void> {
    while ((await this.begin()) > 0) await this.settled()
  }

  /** One that was claimed. */
  async deliver(delivery: ClaimedDelivery): Promise<void> {
    const { hub } = this
    const owner = await loadUser(hub.db.pool, delivery.ownerId, hub.clock.now())
    await this.tryOne(delivery, owner)
  }

  private async deliverAll(deliveries: readonly ClaimedDelivery[]): Promise<void> {
    try {
      const { pool } = this.hub.db
      const owner = await loadUser(pool, deliveries[0]!.ownerId, this.hub.clock.now())
      await Promise.all(deliveries.map((delivery) => this.tryOne(delivery, owner)))
    } catch (error) {
      // The claim runs out, then they are tried again
      this.hub.log.error({ err: error, module: 'webhooks' }, 'deliveries could not be noted')
    }
  }

  private async tryOne(delivery: ClaimedDelivery, owner: CurrentUser | null): Promise<void> {
    const { hub } = this
    const at = hub.clock.now()
    const begun = performance.now()
    const timing = () => ({ at, durationMs: Math.round(performance.now() - begun) })
    try {
      requireRights(delivery, owner)
      const { status, body } = await this.send(delivery, at)
      const delivered = { state: 'delivered', nextAt: null, reason: null, status, body } as const
      await noteAttempt(hub.db.pool, delivery, { ...timing(), ...delivered })
    } catch (error) {
      if (!(error instanceof WebhookFault)) throw error
      const outcome = { ...timing(), ...failureOf(error, delivery, hub.clock.now()) }
      hub.log.warn(
        { module: 'webhooks', deliveryId: delivery.id, reason: error.reason.code, nextAt: outcome.nextAt },
        'webhook not delivered',
      )
      await noteAttempt(hub.db.pool, delivery, outcome)
    }
  }

  private async send(delivery: ClaimedDelivery, at: Date): Promise<Answer> {
    const url = new URL(delivery.url)
    const addresses = await allowedAddresses(url, await this.policy(this.hub))
    const body = payloadOf(delivery)
    const signed = signedHeaders({ id: delivery.eventId, at, body }, this.secretsOf(delivery, at))
    const agent = { 'content-type': 'application/json', 'user-agent': `Courtyard/${this.hub.version}` }
    return post(url, { headers: { ...agent, ...signed }, body }, addresses)
  }

  private secretsOf(delivery: ClaimedDelivery, at: Date): string[] {
    const open = (sealed: Uint8Array) =>
      this.hub.security.box.open(sealed, secretPlace(delivery.webhookId)).toString()
    const { secretSealed, previousSecretSealed, previousSecretUntil } = delivery
    const both = previousSecretSealed && previousSecretUntil && previousSecretUntil > at
    return both ? [open(secretSealed), open(previousSecretSealed)] : [open(secretSealed)]
  }
}

/** What the secret of a webhook is sealed for. */
export const secretPlace = (webhookId: string) => `webhook-secret:${webhookId}`

/** The same text at every try. */
export function payloadOf({ type, at, data }: Pick<ClaimedDelivery, 'type' | 'at' | 'data'>): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data })
}

/** Rights are those of this moment: who lost them is told no more, also of what happened before. */
function requireRights({ type, projectId, attempts }: ClaimedDelivery, owner: CurrentUser | null): void {
  if (attempts > webhookRetries.mostAttempts) {
    // Each was claimed and never noted: whatever it is, it takes processes down with it
    throw new WebhookFault({ code: 'webhook.tries_over' }, { permanent: true })
  }
  if (!owner) throw new WebhookFault({ code: 'webhook.owner_gone' }, { permanent: true })
  if (type === TEST_EVENT) return
  const permission = eventKind(type)?.permission
  const mayRead =
    permission !== undefined &&
    (projectId === null ? hasEverywhere(owner, permission) : inWholeProject(owner, projectId, permission))
  if (mayRead) return
  throw new WebhookFault({ code: 'webhook.no_right', permission: permission ?? type }, { permanent: true })
}

function failureOf(
  fault: WebhookFault,
  { type, attempts }: ClaimedDelivery,
  now: Date,
): Omit<Outcome, 'at' | 'durationMs'> {
  // A trial is looked at while it is made
  const nextAt = fault.permanent || type === TEST_EVENT ? null : webhookRetries.nextTry(attempts, now)
  const { status, body, reason } = fault
  return { state: nextAt === null ? 'dead' : 'failed', nextAt, status, body, reason }
}

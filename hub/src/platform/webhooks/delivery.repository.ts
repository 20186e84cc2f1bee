/** Deliveries: claimed by whoever sends them, noted when they were tried. */
import type { Pool, PoolClient } from 'pg'
import { storedReason } from '../reasons/reason.ts'
import { TEST_EVENT } from './event-kinds.ts'
import type { WebhookReason } from './reasons.ts'

export interface ClaimedDelivery {
  readonly id: string
  readonly webhookId: string
  readonly ownerId: string
  readonly url: string
  readonly secretSealed: Uint8Array
  readonly previousSecretSealed: Uint8Array | null
  readonly previousSecretUntil: Date | null
  readonly eventId: string
  readonly type: string
  readonly projectId: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly at: Date
  /** This one included. */
  readonly attempts: number
}

const CLAIMED = `d.id, d.webhook_id as "webhookId", w.owner_id as "ownerId", w.url, w.secret_sealed as "secretSealed",
  w.previous_secret_sealed as "previousSecretSealed", w.previous_secret_until as "previousSecretUntil",
  e.id as "eventId", e.type, e.project_id as "projectId", e.data, e.at, d.attempts`

export interface ClaimWish {
  /** Of each webhook. */
  readonly most: number
  /** Webhooks at which this process is already. */
  readonly except: readonly string[]
  readonly now: Date
  /** Whoever has not finished by then is taken for dead. */
  readonly until: Date
}

/** Takes due rows for this process, some of each webhook, so that none waits for the backlog of another. */
export async function claimDue(pool: Pool, wish: ClaimWish): Promise<ClaimedDelivery[]> {
  const { rows } = await pool.query<ClaimedDelivery>(
    `with mine as (
       select due.id from webhook w cross join lateral (
         select d.id from webhook_delivery d
         where d.webhook_id = w.id and d.state in ('queued', 'failed') and d.next_at <= $1
           and (d.claimed_until is null or d.claimed_until <= $1)
         order by d.next_at, d.id limit $3 for update of d skip locked) due
       where w.active and w.archived_at is null and w.id <> all($4::uuid[]))
     update webhook_delivery d set claimed_until = $2, attempts = d.attempts + 1
     from mine, webhook w, webhook_event e
     where d.id = mine.id and w.id = d.webhook_id and e.id = d.event_id
     returning ${CLAIMED}`,
    [wish.now, wish.until, wish.most, wish.except],
  )
  return rows
}

/** A new delivery that is claimed already: for a trial. */
export async function insertTrial(
  client: PoolClient,
  trial: {
    readonly webhookId: string
    readonly eventId: string
    readonly type: string
    readonly data: object
    readonly now: Date
    readonly until: Date
  },
): Promise<ClaimedDelivery> {
  await client.query(
    `insert into webhook_event (id, type, project_id, data, at) values ($1, $2, null, $3, $4)`,
    [trial.eventId, trial.type, JSON.stringify(trial.data), trial.now],
  )
  const { rows } = await client.query<ClaimedDelivery>(
    `with d as (insert into webhook_delivery (webhook_id, event_id, state, next_at, claimed_until, attempts, created_at)
       values ($1, $2, 'queued', $3, $4, 1, $3) returning *)
     select ${CLAIMED} from d join webhook w on w.id = d.webhook_id join webhook_event e on e.id = $2`,
    [trial.webhookId, trial.eventId, trial.now, trial.until],
  )
  return rows[0]!
}

export interface Outcome {
  readonly at: Date
  readonly durationMs: number
  readonly state: 'delivered' | 'failed' | 'dead'
  /** Of a failed one. */
  readonly nextAt: Date | null
  readonly status: number | null
  readonly body: string | null
  readonly reason: WebhookReason | null
}

/**
 * Writes down a try. A process that was taken for dead does not overwrite what another one has noted: its try stands in
 * the list all the same.
 */
export async function noteAttempt(
  pool: Pool,
  { id, attempts, webhookId, type }: Pick<ClaimedDelivery, 'id' | 'attempts' | 'webhookId' | 'type'>,
  outcome: Outcome,
): Promise<void> {
  const fault = outcome.reason && storedReason(outcome.reason)
  await pool.query(
    `with noted as (
       insert into webhook_attempt (delivery_id, at, duration_ms, status, body, fault)
       select $1, $2, $3, $4, $5, $6::jsonb where exists (select from webhook_delivery where id = $1))
     update webhook_delivery set state = $7, next_at = coalesce($8, next_at), claimed_until = null, status = $4,
       fault = $6::jsonb, delivered_at = case when $7 = 'delivered' then $2::timestamptz end
     where id = $1 and state in ('queued', 'failed') and attempts = $9`,
    [
      ...[id, outcome.at, outcome.durationMs, outcome.status, outcome.body, fault],
      ...[outcome.state, outcome.nextAt, attempts],
    ],
  )
  // A trial says nothing of what is really sent
  if (type !== TEST_EVENT) await noteHealth(pool, webhookId, outcome)
}

/** By itself: a process that dies before it leaves that to the next try. Mostly nothing changes, nothing is written. */
async function noteHealth(pool: Pool, webhookId: string, { state, at }: Outcome): Promise<void> {
  if (state === 'delivered') {
    const text = 'update webhook set failing_since = null where id = $1 and failing_since is not null'
    await pool.query(text, [webhookId])
    return
  }
  const text = 'update webhook set failing_since = $2 where id = $1 and failing_since is null'
  await pool.query(text, [webhookId, at])
}

/** What was over before then is forgotten. @returns how many events */
export async function removeOldEvents(pool: Pool, before: Date): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from webhook_event e where e.id in (
       select old.id from webhook_event old where old.at < $1 and not exists (
         select from webhook_delivery d where d.event_id = old.id and d.state in ('queued', 'failed'))
       order by old.at limit 10000)`,
    [before],
  )
  return rowCount ?? 0
}

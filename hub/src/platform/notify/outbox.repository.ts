/** Rows of the outbox: written with what happened, claimed by whoever sends them, noted when they were sent. */
import type {
  MessageState,
  MessageChannelName,
  MessageLanguage,
  MessagePriority,
  OutsideChannel,
} from '@courtyard/protocols/contract'
import type { Pool, PoolClient } from 'pg'
import { LIVE_CHANNEL, liveTexts } from '../live/live-in-transaction.ts'
import { storedReason } from '../reasons/reason.ts'
import { rowsOf, type WorkflowClient } from '../workflow/client.ts'
import type { MessageReason } from './reasons.ts'
import type { MessageValue } from './template.ts'

export interface NewMessage {
  readonly projectId: string | null
  readonly template: string
  readonly templateVersion: number
  readonly variables: Readonly<Record<string, MessageValue>>
  readonly priority: MessagePriority
  readonly link: string | null
  readonly dedupeKey: string | null
  readonly createdAt: Date
}

/** @returns null when the key was told before */
export async function insertMessage(client: WorkflowClient, message: NewMessage): Promise<string | null> {
  const rows = await rowsOf<{ id: string }>(
    client,
    `insert into message (project_id, template, template_version, variables, priority, link, dedupe_key, created_at)
     values ($1::uuid, $2, $3::int, $4::jsonb, $5, $6, $7, $8::timestamptz)
     on conflict (dedupe_key) do nothing returning id`,
    [
      message.projectId,
      message.template,
      message.templateVersion,
      JSON.stringify(message.variables),
      message.priority,
      message.link,
      message.dedupeKey,
      message.createdAt.toISOString(),
    ],
  )
  return rows[0]?.id ?? null
}

export interface NewDelivery {
  readonly id: string
  readonly channel: MessageChannelName
  readonly userId: string | null
  readonly partyId: string | null
  readonly recipient: string
  readonly address: string | null
  readonly language: MessageLanguage
  readonly subject: string
  readonly body: string | null
  readonly sealed: Buffer | null
  readonly state: MessageState
  readonly rank: number
  /** JSON of a Reason. */
  readonly fault: string | null
}

export async function insertDeliveries(
  client: WorkflowClient,
  messageId: string,
  deliveries: readonly NewDelivery[],
  now: Date,
): Promise<void> {
  await rowsOf(
    client,
    `insert into message_delivery (id, message_id, channel, user_id, party_id, recipient, address, language, subject, body,
       body_sealed, state, rank, fault, next_at, created_at, sent_at, delivered_at)
     select d.id, $1::uuid, d.channel, d."userId", d."partyId", d.recipient, d.address, d.language, d.subject, d.body,
       decode(d.sealed, 'hex'), d.state, d.rank, d.fault::jsonb, $3::timestamptz, $3::timestamptz,
       case when d.state = 'delivered' then $3::timestamptz end, case when d.state = 'delivered' then $3::timestamptz end
     from jsonb_to_recordset($2::jsonb) as d(id uuid, channel text, "userId" uuid, "partyId" uuid, recipient text, address text,
       language text, subject text, body text, sealed text, state text, rank smallint, fault text)`,
    [
      messageId,
      JSON.stringify(deliveries.map((one) => ({ ...one, sealed: one.sealed?.toString('hex') ?? null }))),
      now.toISOString(),
    ],
  )
}

/** More at once are told as one: every open page then asks for its own number. */
const MOST_SINGLE_EVENTS = 50

/** Open pages of these people hear of it when the transaction commits. */
export async function tellBrowsers(
  client: WorkflowClient,
  userIds: readonly string[],
  event: 'messages' | 'tasks' = 'messages',
): Promise<void> {
  const scopes =
    userIds.length > MOST_SINGLE_EVENTS
      ? [{ projectId: null }]
      : userIds.map((userId) => ({ projectId: null, userId }))
  const texts = scopes.flatMap((scope) => liveTexts(event, {}, scope))
  if (texts.length === 0) return
  await rowsOf(
    client,
    `select count(pg_notify('${LIVE_CHANNEL}', text))::int as told from jsonb_array_elements_text($1::jsonb) as text`,
    [JSON.stringify(texts)],
  )
}

export interface ClaimedDelivery {
  readonly id: string
  readonly channel: OutsideChannel
  readonly template: string
  readonly variables: Readonly<Record<string, MessageValue>>
  readonly projectId: string | null
  readonly timeZone: string | null
  readonly userId: string | null
  readonly recipient: string
  readonly address: string
  readonly language: MessageLanguage
  readonly subject: string
  readonly body: string | null
  readonly sealed: Uint8Array | null
  readonly link: string | null
  readonly rank: number
  readonly attempts: number
}

export interface ClaimWish {
  readonly channel: OutsideChannel
  readonly perMinute: number
  readonly most: number
  readonly now: Date
  /** Whoever has not finished by then is taken for dead. */
  readonly until: Date
}

/**
 * Takes due rows for this process: urgent first, then oldest. Processes take turns per channel, so that all together
 * keep to its rate. To be called in a transaction of its own.
 */
export async function claimDue(client: PoolClient, wish: ClaimWish): Promise<ClaimedDelivery[]> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('notify/' || $1, 0))`, [wish.channel])
  const { rows: counted } = await client.query<{ tried: number }>(
    `select count(*)::int as tried from message_delivery where channel = $1 and tried_at > $2::timestamptz - interval '1 minute'`,
    [wish.channel, wish.now],
  )
  const most = Math.min(wish.most, wish.perMinute - (counted[0]?.tried ?? 0))
  if (most <= 0) return []
  const { rows } = await client.query<ClaimedDelivery>(
    `with mine as (
       select id from message_delivery
       where channel = $1 and state in ('queued', 'failed') and next_at <= $2
         and (claimed_until is null or claimed_until <= $2)
       order by rank desc, next_at, id limit $3 for update skip locked)
     update message_delivery d set claimed_until = $4, tried_at = $2, attempts = d.attempts + 1
     from mine, message m left join project p on p.id = m.project_id
     where d.id = mine.id and m.id = d.message_id
     returning d.id, d.channel, m.template, m.variables, m.project_id as "projectId", p.time_zone as "timeZone",
       d.user_id as "userId", d.recipient, d.address, d.language, d.subject, d.body, d.body_sealed as sealed, m.link,
       d.rank, d.attempts`,
    [wish.channel, wish.now, most, wish.until],
  )
  return rows
}

/** Undecided rows only: a process that was taken for dead does not overwrite what another one has noted. */
const STILL_OPEN = `id = $1 and state in ('queued', 'failed')`

export async function noteSent(pool: Pool, id: string, now: Date, providerId: string | null): Promise<void> {
  await pool.query(
    `update message_delivery set state = 'sent', sent_at = $2, provider_id = $3, claimed_until = null, fault = null,
       body_sealed = null where ${STILL_OPEN}`,
    [id, now, providerId],
  )
}

/** @param nextAt null: not tried any more */
export async function noteFailed(
  pool: Pool,
  id: string,
  nextAt: Date | null,
  reason: MessageReason,
): Promise<void> {
  await pool.query(
    `update message_delivery set state = $2, next_at = coalesce($3, next_at), fault = $4, claimed_until = null
     where ${STILL_OPEN}`,
    [id, nextAt === null ? 'dead' : 'failed', nextAt, storedReason(reason)],
  )
}

/** Not a try: it waits for a better time. */
export async function putBack(pool: Pool, id: string, nextAt: Date, reason: MessageReason): Promise<void> {
  await pool.query(
    `update message_delivery set next_at = $2, fault = $3, claimed_until = null, tried_at = null,
       attempts = attempts - 1 where ${STILL_OPEN}`,
    [id, nextAt, storedReason(reason)],
  )
}

export interface QuietWish {
  readonly quietFrom: string | null
  readonly quietTo: string | null
  readonly mutedUntil: Date | null
}

/** What these people want; those without a wish are not in it. */
export async function quietWishes(pool: Pool, userIds: readonly string[]): Promise<Map<string, QuietWish>> {
  if (userIds.length === 0) return new Map()
  const { rows } = await pool.query<QuietWish & { userId: string }>(
    `select user_id as "userId", quiet_from as "quietFrom", quiet_to as "quietTo", muted_until as "mutedUntil"
     from message_preference where user_id = any($1::uuid[])`,
    [userIds],
  )
  return new Map(rows.map((row) => [row.userId, row]))
}

/** Of the oldest project: where messages that belong to none are at home. */
export async function homeTimeZone(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ timeZone: string }>(
    'select time_zone as "timeZone" from project where archived_at is null order by created_at, id limit 1',
  )
  return rows[0]?.timeZone ?? 'Asia/Shanghai'
}

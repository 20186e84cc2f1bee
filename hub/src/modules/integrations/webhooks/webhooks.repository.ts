import type { Pool, PoolClient } from 'pg'
import type { WebhookPlace } from '@courtyard/protocols/contract'
import { TEST_EVENT } from '../../../platform/webhooks/event-kinds.ts'

type Client = Pick<Pool | PoolClient, 'query'>

export interface StoredWebhook {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly events: readonly string[]
  readonly place: WebhookPlace
  readonly active: boolean
  readonly ownerId: string
  readonly ownerName: string
  readonly ownerDisabled: boolean
  readonly previousSecretUntil: Date | null
  /** First try that failed since the last one that was taken. */
  readonly failingSince: Date | null
  readonly version: number
  readonly createdAt: Date
}

const COLUMNS = `w.id, w.name, w.url, w.events, w.all_projects as "allProjects", w.project_ids as "projectIds", w.active,
  w.owner_id as "ownerId", coalesce(u.display_name, '') as "ownerName",
  u.id is null or u.disabled_at is not null as "ownerDisabled",
  w.previous_secret_until as "previousSecretUntil", w.failing_since as "failingSince", w.version, w.created_at as "createdAt"`
const FROM = `webhook w left join app_user u on u.id = w.owner_id`

type Row = Omit<StoredWebhook, 'place'> & { readonly allProjects: boolean; readonly projectIds: string[] }

/** All that have not ended: there are dozens. Narrowing them is the service's. */
export async function allWebhooks(client: Client): Promise<StoredWebhook[]> {
  const { rows } = await client.query<Row>(
    `select ${COLUMNS} from ${FROM} where w.archived_at is null order by lower(w.name), w.id`,
  )
  return rows.map(webhookOfRow)
}

export async function webhookById(client: Client, id: string, lock = false): Promise<StoredWebhook | null> {
  const { rows } = await client.query<Row>(
    `select ${COLUMNS} from ${FROM} where w.id = $1 and w.archived_at is null ${lock ? 'for update of w' : ''}`,
    [id],
  )
  return rows[0] ? webhookOfRow(rows[0]) : null
}

function webhookOfRow({ allProjects, projectIds, ...webhook }: Row): StoredWebhook {
  return { ...webhook, place: allProjects ? { all: true } : { all: false, projectIds } }
}

export interface WebhookFields {
  readonly name: string
  readonly url: string
  readonly events: readonly string[]
  readonly place: WebhookPlace
  readonly active: boolean
}

export async function insertWebhook(
  client: Client,
  webhook: WebhookFields & {
    readonly id: string
    readonly ownerId: string
    readonly secretSealed: Buffer
    readonly now: Date
  },
): Promise<void> {
  const { id, name, url, events, active, ownerId, secretSealed, now } = webhook
  await client.query(
    `insert into webhook (id, name, url, events, active, owner_id, secret_sealed, created_at, all_projects, project_ids)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [id, name, url, events, active, ownerId, secretSealed, now, ...placeColumns(webhook.place)],
  )
}

/** What failed at another address, or before a pause, counts no more, unless people were told of it. */
export async function updateWebhook(client: Client, id: string, webhook: WebhookFields): Promise<void> {
  const { name, url, events, active, place } = webhook
  await client.query(
    `update webhook set name = $2, url = $3, events = $4, active = $5, all_projects = $6, project_ids = $7,
       failing_since = case when failure_told_at is null and (url <> $3 or active <> $5) then null else failing_since end,
       version = version + 1 where id = $1`,
    [id, name, url, events, active, ...placeColumns(place)],
  )
}

const placeColumns = (place: WebhookPlace): [boolean, readonly string[]] =>
  place.all ? [true, []] : [false, place.projectIds]

/** The secret from before signs too, until then. */
export async function exchangeWebhookSecret(
  client: Client,
  id: string,
  sealed: Buffer,
  previousUntil: Date,
): Promise<void> {
  await client.query(
    `update webhook set previous_secret_sealed = secret_sealed, previous_secret_until = $3, secret_sealed = $2,
       version = version + 1 where id = $1`,
    [id, sealed, previousUntil],
  )
}

export async function setWebhookOwner(client: Client, id: string, ownerId: string): Promise<void> {
  await client.query('update webhook set owner_id = $2, version = version + 1 where id = $1', [id, ownerId])
}

/** What waits is given up with it. */
export async function endWebhook(client: Client, id: string, now: Date): Promise<void> {
  await client.query(
    'update webhook set archived_at = $2, active = false, version = version + 1 where id = $1',
    [id, now],
  )
  await client.query(
    `update webhook_delivery set state = 'dead', claimed_until = null
     where webhook_id = $1 and state in ('queued', 'failed')`,
    [id],
  )
}

export async function knownProjects(client: Client, ids: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>('select id from project where id = any($1::uuid[])', [
    ids,
  ])
  return rows.map(({ id }) => id)
}

export interface WebhookCounts {
  readonly webhookId: string
  readonly delivered: number
  readonly waiting: number
  readonly failing: number
  readonly dead: number
  readonly lastDeliveredAt: Date | null
}

/** Of the last 24 hours; what waits, of any time. Trials are no news. */
export async function webhookCounts(
  client: Client,
  ids: readonly string[],
  now: Date,
): Promise<Map<string, WebhookCounts>> {
  const { rows } = await client.query<WebhookCounts>(
    `select d.webhook_id as "webhookId",
       count(*) filter (where d.state = 'delivered' and d.created_at > $2::timestamptz - interval '24 hours')::int as delivered,
       count(*) filter (where d.state in ('queued', 'failed'))::int as waiting,
       count(*) filter (where d.state = 'failed')::int as failing,
       count(*) filter (where d.state = 'dead' and d.created_at > $2::timestamptz - interval '24 hours')::int as dead,
       max(d.delivered_at) as "lastDeliveredAt"
     from webhook_delivery d join webhook_event e on e.id = d.event_id
     where d.webhook_id = any($1::uuid[]) and e.type <> '${TEST_EVENT}' group by d.webhook_id`,
    [ids, now],
  )
  return new Map(rows.map((row) => [row.webhookId, row]))
}

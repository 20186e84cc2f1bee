/** Deliveries as people see them: narrowed to the projects whose events they may be told of. */
import type { Pool, PoolClient } from 'pg'
import type { WebhookDeliveryState } from '@courtyard/protocols/contract'
import { scopeSql } from '../../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../../platform/auth/user.ts'
import { TEST_EVENT } from '../../../platform/webhooks/event-kinds.ts'
import type { Reason } from '../../../platform/reasons/reason.ts'

type Client = Pick<Pool | PoolClient, 'query'>

export interface DeliveryRow {
  readonly id: string
  readonly webhookId: string
  readonly eventId: string
  readonly type: string
  readonly at: Date
  readonly projectId: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly state: WebhookDeliveryState
  readonly attempts: number
  readonly nextAt: Date
  readonly createdAt: Date
  readonly deliveredAt: Date | null
  readonly status: number | null
  readonly fault: Reason | null
}

const COLUMNS = `d.id, d.webhook_id as "webhookId", e.id as "eventId", e.type, e.at, e.project_id as "projectId", e.data,
  d.state, d.attempts, d.next_at as "nextAt", d.created_at as "createdAt", d.delivered_at as "deliveredAt", d.status,
  d.fault`
const FROM = `webhook_delivery d join webhook_event e on e.id = d.event_id join webhook w on w.id = d.webhook_id`

/** Trials lie in no project, and belong to whoever may see the webhook. */
function scopeOf(user: Viewer, params: unknown[]): string {
  return `(${scopeSql(user, 'webhooks.manage', { project: 'e.project_id' }, params)} or e.type = '${TEST_EVENT}')`
}

export interface DeliveryPlace {
  readonly at: Date
  readonly id: string
}

/** Newest first. */
export async function deliveriesOf(
  client: Client,
  user: Viewer,
  wish: {
    readonly webhookId: string
    readonly state?: WebhookDeliveryState | undefined
    readonly type?: string | undefined
    readonly after: DeliveryPlace | null
    readonly limit: number
  },
): Promise<DeliveryRow[]> {
  const params: unknown[] = [wish.limit, wish.webhookId]
  const conditions = ['d.webhook_id = $2', scopeOf(user, params)]
  if (wish.state) conditions.push(`d.state = $${params.push(wish.state)}`)
  if (wish.type) conditions.push(`e.type = $${params.push(wish.type)}`)
  if (wish.after) {
    const [at, id] = [params.push(wish.after.at), params.push(wish.after.id)]
    conditions.push(`(d.created_at, d.id) < ($${at}::timestamptz, $${id}::uuid)`)
  }
  const { rows } = await client.query<DeliveryRow>(
    `select ${COLUMNS} from ${FROM} where ${conditions.join(' and ')} order by d.created_at desc, d.id desc limit $1`,
    params,
  )
  return rows
}

export async function deliveryById(
  client: Client,
  user: Viewer,
  id: string,
  lock = false,
): Promise<DeliveryRow | null> {
  const params: unknown[] = [id]
  const scope = scopeOf(user, params)
  const { rows } = await client.query<DeliveryRow>(
    `select ${COLUMNS} from ${FROM} where d.id = $1 and ${scope} ${lock ? 'for update of d' : ''}`,
    params,
  )
  return rows[0] ?? null
}

export interface AttemptRow {
  readonly id: string
  readonly at: Date
  readonly durationMs: number
  readonly status: number | null
  readonly body: string | null
  readonly fault: Reason | null
}

/** Newest first. */
export async function attemptsOf(client: Client, deliveryId: string): Promise<AttemptRow[]> {
  const { rows } = await client.query<AttemptRow>(
    `select id::text, at, duration_ms as "durationMs", status, body, fault from webhook_attempt
     where delivery_id = $1 order by webhook_attempt.id desc limit 50`,
    [deliveryId],
  )
  return rows
}

/** Its tries begin anew; those that were made stay in the list. */
export async function sendDeliveryAgain(client: Client, id: string, now: Date): Promise<void> {
  await client.query(
    `update webhook_delivery set state = 'queued', attempts = 0, next_at = $2, claimed_until = null, fault = null,
       delivered_at = null where id = $1 and state in ('delivered', 'dead')`,
    [id, now],
  )
}

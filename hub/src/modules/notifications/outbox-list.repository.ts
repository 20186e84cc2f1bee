/** The outbox as people see it: narrowed to the projects whose messages they may read. */
import type { Pool, PoolClient } from 'pg'
import type {
  MessageState,
  MessageChannelName,
  MessageLanguage,
  MessagePriority,
} from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import type { Reason } from '../../platform/reasons/reason.ts'
import type { Place } from './cursor.ts'

export interface OutboxRow {
  readonly id: string
  readonly messageId: string
  readonly projectId: string | null
  readonly template: string
  readonly templateVersion: number
  readonly channel: MessageChannelName
  readonly recipient: string
  readonly address: string | null
  readonly language: MessageLanguage
  readonly subject: string
  readonly body: string | null
  readonly link: string | null
  readonly priority: MessagePriority
  readonly state: MessageState
  readonly attempts: number
  readonly createdAt: Date
  readonly sentAt: Date | null
  readonly deliveredAt: Date | null
  readonly readAt: Date | null
  readonly nextAt: Date
  readonly providerId: string | null
  readonly fault: Reason | null
}

const COLUMNS = `d.id, d.message_id as "messageId", m.project_id as "projectId", m.template,
  m.template_version as "templateVersion", d.channel, d.recipient, d.address, d.language, d.subject, d.body, m.link,
  m.priority, d.state, d.attempts, d.created_at as "createdAt", d.sent_at as "sentAt",
  d.delivered_at as "deliveredAt", d.read_at as "readAt", d.next_at as "nextAt", d.provider_id as "providerId", d.fault`

export interface OutboxFilter {
  readonly projectId?: string | undefined
  readonly state?: MessageState | undefined
  readonly channel?: MessageChannelName | undefined
  readonly template?: string | undefined
  readonly q?: string | undefined
  readonly after: Place | null
  readonly limit: number
}

/** Newest first, one more than asked for. */
export async function outboxList(pool: Pool, user: Viewer, filter: OutboxFilter): Promise<OutboxRow[]> {
  const params: unknown[] = [filter.limit + 1]
  const conditions = [scopeSql(user, 'messages.read', { project: 'm.project_id' }, params)]
  const equal = (column: string, value: string | undefined, cast = '') => {
    if (value !== undefined) conditions.push(`${column} = $${params.push(value)}${cast}`)
  }
  equal('m.project_id', filter.projectId, '::uuid')
  equal('d.state', filter.state)
  equal('d.channel', filter.channel)
  equal('m.template', filter.template)
  // Not in addresses: who may not see numbers could find them out digit by digit
  if (filter.q)
    conditions.push(`strpos(lower(d.recipient || ' ' || d.subject), lower($${params.push(filter.q)})) > 0`)
  if (filter.after) {
    const [at, id] = [params.push(filter.after.at), params.push(filter.after.id)]
    conditions.push(`(d.created_at, d.id) < ($${at}::timestamptz, $${id}::uuid)`)
  }
  const { rows } = await pool.query<OutboxRow>(
    `select ${COLUMNS} from message_delivery d join message m on m.id = d.message_id
     where ${conditions.join(' and ')} order by d.created_at desc, d.id desc limit $1`,
    params,
  )
  return rows
}

export async function outboxRow(
  client: Pool | PoolClient,
  user: Viewer,
  permission: 'messages.read' | 'messages.send',
  id: string,
  lock = false,
): Promise<OutboxRow | null> {
  const params: unknown[] = [id]
  const scope = scopeSql(user, permission, { project: 'm.project_id' }, params)
  const { rows } = await client.query<OutboxRow>(
    `select ${COLUMNS} from message_delivery d join message m on m.id = d.message_id
     where d.id = $1 and ${scope} ${lock ? 'for update of d' : ''}`,
    params,
  )
  return rows[0] ?? null
}

export async function reviveDelivery(client: PoolClient, id: string, now: Date): Promise<void> {
  await client.query(
    `update message_delivery set state = 'queued', attempts = 0, next_at = $2, claimed_until = null, fault = null
     where id = $1 and state = 'dead'`,
    [id, now],
  )
}

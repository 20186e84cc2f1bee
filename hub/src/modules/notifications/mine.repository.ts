/** A person's own messages and wishes. Every statement names the person. */
import type { Pool, PoolClient } from 'pg'
import type { MessageLanguage, MessagePriority, OutsideChannel } from '@courtyard/protocols/contract'
import type { Place } from './cursor.ts'

export interface MyMessageRow {
  readonly id: string
  readonly projectId: string | null
  readonly template: string
  readonly priority: MessagePriority
  readonly subject: string
  readonly body: string
  readonly link: string | null
  readonly createdAt: Date
  readonly readAt: Date | null
}

export async function myMessages(
  pool: Pool,
  userId: string,
  filter: {
    readonly unread: boolean
    readonly q?: string | undefined
    readonly after: Place | null
    readonly limit: number
  },
): Promise<MyMessageRow[]> {
  const params: unknown[] = [userId, filter.limit + 1]
  const conditions = [`d.user_id = $1 and d.channel = 'inApp'`]
  if (filter.unread) conditions.push('d.read_at is null')
  if (filter.q)
    conditions.push(`strpos(lower(d.subject || ' ' || d.body), lower($${params.push(filter.q)})) > 0`)
  if (filter.after) {
    const [at, id] = [params.push(filter.after.at), params.push(filter.after.id)]
    conditions.push(`(d.created_at, d.id) < ($${at}::timestamptz, $${id}::uuid)`)
  }
  const { rows } = await pool.query<MyMessageRow>(
    `select d.id, m.project_id as "projectId", m.template, m.priority, d.subject, d.body, m.link,
       d.created_at as "createdAt", d.read_at as "readAt"
     from message_delivery d join message m on m.id = d.message_id
     where ${conditions.join(' and ')} order by d.created_at desc, d.id desc limit $2`,
    params,
  )
  return rows
}

export async function countUnread(client: Pool | PoolClient, userId: string): Promise<number> {
  const { rows } = await client.query<{ unread: number }>(
    `select count(*)::int as unread from message_delivery
     where user_id = $1 and channel = 'inApp' and read_at is null`,
    [userId],
  )
  return rows[0]!.unread
}

/** Without ids: all that were there at `now`. Reading is not undone by a second press. */
export async function markRead(
  client: PoolClient,
  userId: string,
  ids: readonly string[] | null,
  read: boolean,
  now: Date,
): Promise<void> {
  await client.query(
    `update message_delivery set read_at = case when $3 then $4::timestamptz end
     where user_id = $1 and channel = 'inApp' and (read_at is null) = $3
       and ($2::uuid[] is null or id = any($2::uuid[])) and created_at <= $4::timestamptz`,
    [userId, ids, read, now],
  )
}

export interface PreferenceRow {
  readonly language: MessageLanguage
  readonly mutedChannels: OutsideChannel[]
  readonly quietFrom: string | null
  readonly quietTo: string | null
  readonly mutedUntil: Date | null
}

export async function preferenceOf(client: Pool | PoolClient, userId: string): Promise<PreferenceRow | null> {
  const { rows } = await client.query<PreferenceRow>(
    `select language, muted_channels as "mutedChannels", quiet_from as "quietFrom", quiet_to as "quietTo",
       muted_until as "mutedUntil" from message_preference where user_id = $1`,
    [userId],
  )
  return rows[0] ?? null
}

export async function savePreference(
  client: PoolClient,
  userId: string,
  wish: PreferenceRow,
  now: Date,
): Promise<void> {
  await client.query(
    `insert into message_preference (user_id, language, muted_channels, quiet_from, quiet_to, muted_until, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (user_id) do update set language = excluded.language, muted_channels = excluded.muted_channels,
       quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, muted_until = excluded.muted_until,
       updated_at = excluded.updated_at`,
    [userId, wish.language, wish.mutedChannels, wish.quietFrom, wish.quietTo, wish.mutedUntil, now],
  )
}

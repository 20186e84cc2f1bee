import type { Pool, PoolClient } from 'pg'
import type { ChannelSettings, OutsideChannel } from '@courtyard/protocols/contract'
import { storedReason } from '../../platform/reasons/reason.ts'

export interface ChannelCounts {
  readonly channel: OutsideChannel
  readonly sent: number
  readonly waiting: number
  readonly dead: number
}

/** Of the last 24 hours. */
export async function channelCounts(pool: Pool, now: Date): Promise<ChannelCounts[]> {
  const { rows } = await pool.query<ChannelCounts>(
    `select channel, count(*) filter (where state in ('sent', 'delivered'))::int as sent,
       count(*) filter (where state in ('queued', 'failed'))::int as waiting,
       count(*) filter (where state = 'dead')::int as dead
     from message_delivery where channel <> 'inApp' and created_at > $1::timestamptz - interval '24 hours'
     group by channel`,
    [now],
  )
  return rows
}

export interface ChannelRow {
  readonly channel: OutsideChannel
  /** The one that was read; 0 when there was none. */
  readonly version: number
  readonly settings: ChannelSettings
  readonly sealed: Buffer | null
  readonly by: string
  readonly now: Date
}

/** @returns false when it is another version by now */
export async function saveChannel(client: PoolClient, row: ChannelRow): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into message_channel (channel, settings, secrets_sealed, version, updated_at, updated_by)
     select $1, $2::jsonb, $3, 1, $4::timestamptz, $5 where $6 = 0
       or exists (select from message_channel where channel = $1)
     on conflict (channel) do update set settings = excluded.settings, secrets_sealed = excluded.secrets_sealed,
       version = message_channel.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by
     where message_channel.version = $6::int`,
    [row.channel, JSON.stringify(row.settings), row.sealed, row.now, row.by, row.version],
  )
  return rowCount === 1
}

/** What a provider says about a message that it took. Saying it twice changes nothing. */
export async function noteReceipt(
  pool: Pool,
  channel: OutsideChannel,
  providerId: string,
  outcome:
    | { readonly delivered: true; readonly at: Date }
    | { readonly delivered: false; readonly said: string },
): Promise<void> {
  if (outcome.delivered) {
    await pool.query(
      `update message_delivery set state = 'delivered', delivered_at = $3
       where channel = $1 and provider_id = $2 and state = 'sent'`,
      [channel, providerId, outcome.at],
    )
    return
  }
  await pool.query(
    `update message_delivery set state = 'dead', fault = $3 where channel = $1 and provider_id = $2 and state = 'sent'`,
    [channel, providerId, storedReason({ code: 'message.not_delivered', fault: outcome.said })],
  )
}

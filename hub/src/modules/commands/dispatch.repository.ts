/** Which commands are to be sent, sent again, or ended by time; several processes share the work row by row. */
import type { PoolClient } from 'pg'
import type { CommandBody } from '@courtyard/protocols/contract'
import { NO_WORD_MS } from './domain/state-machine.ts'

type Client = Pick<PoolClient, 'query'>

/** A command as it goes to its gateway. */
export interface OutgoingCommand {
  readonly id: string
  readonly projectId: string
  readonly gatewayId: string
  readonly deviceId: string
  readonly deviceKey: string
  readonly target: string
  readonly body: CommandBody
  readonly expiresAt: Date
}

const OUTGOING = `c.id, c.project_id as "projectId", c.gateway_id as "gatewayId", c.device_id as "deviceId",
  c.device_key as "deviceKey", c.target, c.body, c.expires_at as "expiresAt"`
const ONLINE = `join gateway g on g.id = c.gateway_id and g.online and g.revoked_at is null`

/**
 * The first of each device and target whose gateway is there and where nothing is on its way. Who holds a row is its
 * sender; the unique index command_one_in_flight holds two processes apart that saw different queues.
 */
export async function lockNextQueued(client: Client, now: Date, limit: number): Promise<OutgoingCommand[]> {
  const { rows } = await client.query<OutgoingCommand>(
    `select ${OUTGOING} from command c ${ONLINE} join device d on d.id = c.device_id and d.removed_at is null
     where c.state = 'queued' and c.expires_at > $1
       and not exists (select from command s
         where s.device_id = c.device_id and s.target = c.target and s.state = 'sent')
       and not exists (select from command q
         where q.device_id = c.device_id and q.target = c.target and q.state = 'queued'
           and (q.priority, q.queue_number) < (c.priority, c.queue_number))
     order by c.priority, c.queue_number limit $2 for update of c skip locked`,
    [now, limit],
  )
  return rows
}

export async function markSent(client: Client, ids: readonly string[], now: Date): Promise<void> {
  await client.query(
    `with sent as (update command set state = 'sent', sent_at = $2, last_sent_at = $2
       where id = any($1::uuid[]) and state = 'queued' returning id)
     insert into command_step (command_id, at, state) select id, $2, 'sent' from sent`,
    [ids, now],
  )
}

/**
 * Sent, and the gateway has not told of it. After its expiry also those that it told of: by then a gateway that has
 * lost its journal can only answer that it is too late, so asking does no harm, and nothing waits for ever.
 */
export async function lockUnheard(
  client: Client,
  now: Date,
  pauses: { readonly resendMs: number; readonly afterExpiryMs: number },
  limit: number,
): Promise<OutgoingCommand[]> {
  const before = (ms: number) => new Date(now.getTime() - ms)
  const { rows } = await client.query<OutgoingCommand>(
    `select ${OUTGOING} from command c ${ONLINE}
     where c.state = 'sent' and ((c.gateway_step is null and c.last_sent_at <= $1)
       or (c.expires_at <= $2 and c.last_sent_at <= $2))
     order by c.last_sent_at, c.id limit $3 for update of c skip locked`,
    [before(pauses.resendMs), before(pauses.afterExpiryMs), limit],
  )
  return rows
}

export async function markSentAgain(client: Client, ids: readonly string[], now: Date): Promise<void> {
  await client.query(`update command set last_sent_at = $2 where id = any($1::uuid[]) and state = 'sent'`, [
    ids,
    now,
  ])
}

/** Commands whose time is over; who ends them looks again under the lock of the row. */
export async function overdueIds(client: Client, now: Date, limit: number): Promise<string[]> {
  const noWordSince = new Date(now.getTime() - NO_WORD_MS)
  const { rows } = await client.query<{ id: string }>(
    `select id from command where (state in ('awaitingApproval', 'queued') and expires_at <= $1)
       or (state = 'sent' and expires_at <= $2) order by expires_at limit $3`,
    [now, noWordSince, limit],
  )
  return rows.map((row) => row.id)
}

export async function openByState(client: Client): Promise<{ state: string; count: number }[]> {
  const { rows } = await client.query<{ state: string; count: number }>(
    `select state, count(*)::int as count from command
     where state in ('awaitingApproval', 'queued', 'sent') group by state`,
  )
  return rows
}

/** Whether the gateway may report: known and not revoked. */
export async function mayReport(client: Client, gatewayId: string): Promise<boolean> {
  const { rowCount } = await client.query(`select from gateway where id = $1 and revoked_at is null`, [
    gatewayId,
  ])
  return rowCount === 1
}

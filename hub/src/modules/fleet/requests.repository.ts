/** Questions to gateways that somebody waits for. */
import type { Client } from './configs.repository.ts'

export async function insertRequest(
  client: Client,
  request: { id: string; gatewayId: string; expiresAt: Date },
  now: Date,
): Promise<void> {
  await client.query('delete from gateway_request where expires_at < $1', [now])
  await client.query('insert into gateway_request (id, gateway_id, expires_at) values ($1, $2, $3)', [
    request.id,
    request.gatewayId,
    request.expiresAt,
  ])
}

export async function countRequests(client: Client, gatewayId: string, now: Date): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::int as count from gateway_request where gateway_id = $1 and expires_at > $2 and answer is null',
    [gatewayId, now],
  )
  return rows[0]!.count
}

/** @returns false when nobody asked this gateway, nobody waits any more, or it has answered already */
export async function saveAnswer(
  client: Client,
  answer: { id: string; gatewayId: string; json: unknown },
  now: Date,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update gateway_request set answer = $3 where id = $1 and gateway_id = $2 and answer is null and expires_at > $4`,
    [answer.id, answer.gatewayId, JSON.stringify(answer.json), now],
  )
  return rowCount === 1
}

/** Those of these requests that are answered. */
export async function answersOf(
  client: Client,
  ids: readonly string[],
): Promise<{ id: string; answer: unknown }[]> {
  const { rows } = await client.query<{ id: string; answer: unknown }>(
    'select id, answer from gateway_request where id = any($1::uuid[]) and answer is not null',
    [ids],
  )
  return rows
}

export async function deleteRequest(client: Client, id: string): Promise<void> {
  await client.query('delete from gateway_request where id = $1', [id])
}

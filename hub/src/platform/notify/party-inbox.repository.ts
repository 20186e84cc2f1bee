import type pg from 'pg'

/** What a party has read in the app. @returns false when it is not a message to one of them */
export async function markReadByParties(
  client: Pick<pg.ClientBase, 'query'>,
  deliveryId: string,
  partyIds: readonly string[],
  now: Date,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update message_delivery set read_at = coalesce(read_at, $3)
     where id = $1 and party_id = any($2::uuid[]) and channel = 'inApp'`,
    [deliveryId, partyIds, now],
  )
  return rowCount === 1
}

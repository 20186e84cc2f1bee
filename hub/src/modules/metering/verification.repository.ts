import type { PoolClient } from 'pg'

/** The meter that sits at the point now, locked; null when there is none. */
export async function installedMeter(
  client: PoolClient,
  pointId: string,
): Promise<{ id: string; serial: string; verifiedUntil: string | null } | null> {
  const { rows } = await client.query<{ id: string; serial: string; verifiedUntil: string | null }>(
    `select m.id, m.serial, m.verified_until::text as "verifiedUntil"
     from installation i join meter m on m.id = i.meter_id
     where i.metering_point_id = $1 and i.to_at is null for update of m`,
    [pointId],
  )
  return rows[0] ?? null
}

/** @param verifiedUntil day; null: nobody knows */
export async function saveVerification(
  client: PoolClient,
  meterId: string,
  verifiedUntil: string | null,
): Promise<void> {
  await client.query('update meter set verified_until = $2::date where id = $1', [meterId, verifiedUntil])
}

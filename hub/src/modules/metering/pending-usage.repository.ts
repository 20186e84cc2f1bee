import type { ClientBase } from 'pg'

/** Key of the usage follower's cursor in the batch log. */
export const USAGE_FOLLOWER = 'usage'

/**
 * Whether readings of a month (`2026-11`, in the project's time zone) are in the hub and not in the usage tables yet:
 * batches that the usage follower has not reached, or metering points that wait to be computed. What is known of the
 * month is then not what will be known in a moment.
 */
export async function usagePending(
  client: Pick<ClientBase, 'query'>,
  projectId: string,
  month: string,
): Promise<boolean> {
  const { rows } = await client.query<{ pending: boolean }>(
    `with span as (
       select $2::date::timestamp at time zone time_zone as from_at,
         ($2::date + interval '1 month') at time zone time_zone as to_at
       from project where id = $1)
     select exists (
         select from usage_dirty as dirty
         join metering_point as point on point.id = dirty.metering_point_id and point.project_id = $1
         join span on dirty.from_at <= span.to_at and dirty.to_at >= span.from_at)
       or exists (
         select from reading_batch as batch
         join gateway on gateway.id = batch.gateway_id and gateway.project_id = $1
         join span on batch.first_at <= span.to_at and batch.last_at >= span.from_at
         where batch.readings > 0
           and batch.id > coalesce((select batch_id from log_cursor where follower = $3), 0)) as pending`,
    [projectId, `${month}-01`, USAGE_FOLLOWER],
  )
  return rows[0]!.pending
}

/** Webhooks of which people are to be told that nothing gets through, or that it does again. */
import type { Pool, PoolClient } from 'pg'
import { ADMINISTRATOR } from '../../../platform/auth/builtin-roles.ts'
import type { Reason } from '../../../platform/reasons/reason.ts'

export interface FailingWebhook {
  readonly id: string
  readonly failingSince: Date
  /** Of the newest delivery that was not taken. */
  readonly fault: Reason | null
}

/** Marks those as told that have failed since before then; each is given to one caller only. */
export async function takeFailing(client: PoolClient, before: Date, now: Date): Promise<FailingWebhook[]> {
  const { rows } = await client.query<FailingWebhook>(
    `update webhook w set failure_told_at = $2
     where active and archived_at is null and failing_since <= $1 and failure_told_at is null
     returning id, failing_since as "failingSince",
       (select fault from webhook_delivery d where d.webhook_id = w.id and d.fault is not null
        order by d.created_at desc, d.id desc limit 1) as fault`,
    [before, now],
  )
  return rows
}

/** Those that took something since people were told of them, also when they fail anew; each to one caller only. */
export async function takeRecovered(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `update webhook set failure_told_at = null
     where archived_at is null and (failing_since is null or failing_since > failure_told_at)
       and failure_told_at is not null returning id`,
  )
  return rows.map(({ id }) => id)
}

/** Who has the permission anywhere. */
export async function usersWith(client: Pool | PoolClient, permission: string, now: Date): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select distinct a.user_id as id from role_assignment a join role r on r.id = a.role_id
     where r.archived_at is null and (r.code = $3 or $1 = any(r.permissions))
       and (a.until_at is null or a.until_at > $2)`,
    [permission, now, ADMINISTRATOR],
  )
  return rows.map(({ id }) => id)
}

/** For tests of modules that tell of something: what a subscriber would be told. */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'

/** Subscribes to types of all projects; nothing is sent to it. */
export async function subscribeForTest(pool: pg.Pool, events: readonly string[]): Promise<void> {
  await pool.query(
    `insert into webhook (name, url, events, all_projects, owner_id, secret_sealed, created_at)
     values ('test', 'https://nowhere.invalid', $1, true, $2, '\\x00', now())`,
    [events, randomUUID()],
  )
}

export interface ToldEvent {
  readonly type: string
  readonly projectId: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** In the order in which they were written. */
export async function toldEvents(pool: pg.Pool, type: string): Promise<ToldEvent[]> {
  const { rows } = await pool.query<ToldEvent>(
    `select type, project_id as "projectId", data from webhook_event where type = $1 order by at, id`,
    [type],
  )
  return rows
}

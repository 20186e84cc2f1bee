/** What is held, and the newest read of each metering point. */
import type { PoolClient } from 'pg'
import { formatDecimal } from '../domain/decimal.ts'
import type { Queryable } from './plan.repository.ts'

export interface HeldRow {
  readonly meteringPointId: string
  readonly projectId: string
  readonly fromMs: number
  readonly toMs: number
  readonly fromIndex: string
  readonly toIndex: string
  readonly reason: string
}

/** Puts what is held now in the place of what was held in the spans. */
export async function replaceHeld(
  client: PoolClient,
  spans: readonly { meteringPointId: string; fromMs: number; toMs: number }[],
  held: readonly HeldRow[],
): Promise<void> {
  const instants = (values: readonly number[]) => values.map((ms) => new Date(ms))
  await client.query(
    `delete from held_interval h using unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as t(id, from_at, to_at)
     where h.metering_point_id = t.id and h.from_at < t.to_at and h.to_at > t.from_at`,
    [
      spans.map((s) => s.meteringPointId),
      instants(spans.map((s) => s.fromMs)),
      instants(spans.map((s) => s.toMs)),
    ],
  )
  if (held.length === 0) return
  await client.query(
    `insert into held_interval (metering_point_id, project_id, from_at, to_at, from_index, to_index, reason)
     select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::numeric[], $6::numeric[], $7::text[])`,
    [
      held.map((row) => row.meteringPointId),
      held.map((row) => row.projectId),
      instants(held.map((row) => row.fromMs)),
      instants(held.map((row) => row.toMs)),
      held.map((row) => row.fromIndex),
      held.map((row) => row.toIndex),
      held.map((row) => row.reason),
    ],
  )
}

export interface StateRow {
  readonly meteringPointId: string
  readonly projectId: string
  readonly lastReadMs: number
  readonly lastIndex: bigint
  readonly scale: number
}

export async function saveStates(client: PoolClient, states: readonly StateRow[]): Promise<void> {
  if (states.length === 0) return
  await client.query(
    `insert into metering_point_state as s (metering_point_id, project_id, last_read_at, last_index, scale)
     select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::numeric[], $5::smallint[])
     on conflict (metering_point_id) do update set last_read_at = excluded.last_read_at,
       last_index = excluded.last_index, scale = excluded.scale`,
    [
      states.map((state) => state.meteringPointId),
      states.map((state) => state.projectId),
      states.map((state) => new Date(state.lastReadMs)),
      states.map((state) => formatDecimal(state.lastIndex, state.scale)),
      states.map((state) => state.scale),
    ],
  )
}

export async function deleteStates(client: PoolClient, meteringPointIds: readonly string[]): Promise<void> {
  if (meteringPointIds.length === 0) return
  await client.query('delete from metering_point_state where metering_point_id = any($1::uuid[])', [
    meteringPointIds,
  ])
}

export async function loadLastRead(client: Queryable, meteringPointId: string): Promise<Date | null> {
  const { rows } = await client.query<{ at: Date }>(
    'select last_read_at as at from metering_point_state where metering_point_id = $1',
    [meteringPointId],
  )
  return rows[0]?.at ?? null
}

/**
 * Where a project's raw readings begin. Those before may have been moved into archives (module operations), so what was
 * derived from them is final: computing it again would be computing from less.
 */
import type { PoolClient } from 'pg'
import { HORIZON_LOCK } from '../../platform/database/advisory-locks.ts'

/**
 * First instant by project, for projects that have one. Until the transaction ends no horizon moves.
 */
export async function readingHorizons(
  client: PoolClient,
  projectIds: readonly string[],
): Promise<Map<string, number>> {
  await client.query('select pg_advisory_xact_lock_shared($1)', [HORIZON_LOCK])
  const { rows } = await client.query<{ id: string; ms: string }>(
    `select project_id as id, (extract(epoch from readings_from) * 1000)::bigint::text as ms
     from telemetry_horizon where project_id = any($1::uuid[]) and readings_from is not null`,
    [projectIds],
  )
  return new Map(rows.map(({ id, ms }) => [id, Number(ms)]))
}

/** To be called at the start of a transaction that throws away what was derived. */
export async function holdHorizons(client: PoolClient): Promise<void> {
  await client.query('select pg_advisory_xact_lock_shared($1)', [HORIZON_LOCK])
}

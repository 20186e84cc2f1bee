/** What was set, as rows; and the news of a change, told with its commit. */
import type { Pool, PoolClient } from 'pg'
import { LIVE_CHANNEL, liveTexts } from '../live/live-in-transaction.ts'

/** Place of what counts for the whole installation. */
export const HUB_PLACE = 'hub'

export interface SettingRow {
  readonly place: string
  readonly values: Readonly<Record<string, unknown>>
  readonly sealed: Buffer | null
  readonly version: number
  readonly updatedAt: Date
  readonly updatedBy: string
}

const COLUMNS = `place, content as "values", sealed, version, updated_at as "updatedAt", updated_by as "updatedBy"`

export async function rowsOfKey(client: Pick<Pool, 'query'>, key: string): Promise<SettingRow[]> {
  const { rows } = await client.query<SettingRow>(`select ${COLUMNS} from setting where key = $1`, [key])
  return rows
}

/** Nobody else writes this place until the transaction ends, also when there is no row yet. */
export async function lockPlace(client: PoolClient, key: string, place: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended($1, 48518))`, [`${key}/${place}`])
}

export interface NewSetting {
  readonly key: string
  readonly place: string
  readonly values: Readonly<Record<string, unknown>>
  readonly sealed: Buffer | null
  readonly by: string
  readonly now: Date
}

export async function saveRow(client: PoolClient, row: NewSetting): Promise<void> {
  await client.query(
    `insert into setting (key, place, content, sealed, updated_at, updated_by) values ($1, $2, $3::jsonb, $4, $5, $6)
     on conflict (key, place) do update set content = excluded.content, sealed = excluded.sealed,
       version = setting.version + 1, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
    [row.key, row.place, JSON.stringify(row.values), row.sealed, row.now, row.by],
  )
  const texts = liveTexts('settings', { key: row.key }, { projectId: null })
  await client.query(`select pg_notify($1, text) from unnest($2::text[]) as text`, [LIVE_CHANNEL, texts])
}

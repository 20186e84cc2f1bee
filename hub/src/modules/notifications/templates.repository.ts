import type { Pool, PoolClient } from 'pg'
import type { MessageTexts, OutsideChannel } from '@courtyard/protocols/contract'

export interface VersionRow {
  readonly version: number
  readonly texts: MessageTexts | null
  readonly note: string
  readonly createdAt: Date
  readonly createdBy: string
}

/** Newest first. */
export async function versionsOf(client: Pool | PoolClient, key: string): Promise<VersionRow[]> {
  const { rows } = await client.query<VersionRow>(
    `select version, texts, note, created_at as "createdAt", created_by as "createdBy"
     from message_template_version where key = $1 order by version desc limit 50`,
    [key],
  )
  return rows
}

export interface NewVersion {
  readonly key: string
  readonly version: number
  readonly texts: MessageTexts | null
  readonly channels: readonly OutsideChannel[]
  readonly providerCodes: object
  readonly note: string
  readonly createdBy: string
  readonly now: Date
}

/** @returns false when somebody else wrote that version first */
export async function insertVersion(client: PoolClient, one: NewVersion): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into message_template_version (key, version, texts, channels, provider_codes, note, created_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [
      one.key,
      one.version,
      one.texts === null ? null : JSON.stringify(one.texts),
      one.channels,
      JSON.stringify(one.providerCodes),
      one.note,
      one.now,
      one.createdBy,
    ],
  )
  return rowCount === 1
}

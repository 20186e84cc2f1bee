import type { Pool, PoolClient } from 'pg'
import type { ProcessContent, ProcessField } from '@courtyard/protocols/contract'

type Client = Pick<PoolClient, 'query'> | Pool

export interface DefinitionRow {
  readonly key: string
  readonly subject: string
  readonly nameZh: string
  readonly nameEn: string
  readonly draft: ProcessContent | null
  readonly version: number | null
  readonly revision: number
  readonly retiredAt: Date | null
  readonly changedAt: Date
  readonly running: number
}

const DEFINITION = `d.key, d.subject, d.name_zh as "nameZh", d.name_en as "nameEn", d.draft, d.version, d.revision,
  d.retired_at as "retiredAt", d.changed_at as "changedAt",
  (select count(*)::int from process p where p.key = d.key and p.state = 'running') as running`

export async function listDefinitions(client: Client): Promise<DefinitionRow[]> {
  const { rows } = await client.query<DefinitionRow>(
    `select ${DEFINITION} from process_definition d order by d.retired_at is not null, d.name_zh, d.key`,
  )
  return rows
}

export async function findDefinition(
  client: Client,
  key: string,
  lock = false,
): Promise<DefinitionRow | null> {
  const { rows } = await client.query<DefinitionRow>(
    `select ${DEFINITION} from process_definition d where d.key = $1 ${lock ? 'for update of d' : ''}`,
    [key],
  )
  return rows[0] ?? null
}

/** @returns false when the key is taken */
export async function insertDefinition(
  client: Client,
  key: string,
  draft: ProcessContent,
  by: string,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into process_definition (key, subject, name_zh, name_en, draft, changed_at, changed_by)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [key, draft.subject, draft.name.zh, draft.name.en, JSON.stringify(draft), at, by],
  )
  return rowCount === 1
}

export interface DefinitionChange {
  readonly draft: ProcessContent | null
  /** What the list shows: of the newest version, or of the draft before there is one. */
  readonly shown: ProcessContent
  readonly version: number | null
  readonly retiredAt: Date | null
  readonly by: string
  readonly at: Date
}

/** Under the lock of the row. */
export async function updateDefinition(client: Client, key: string, change: DefinitionChange): Promise<void> {
  const { draft, shown, version, retiredAt, by, at } = change
  await client.query(
    `update process_definition set subject = $2, name_zh = $3, name_en = $4, draft = $5, version = $6, retired_at = $7,
       changed_at = $8, changed_by = $9, revision = revision + 1 where key = $1`,
    [
      ...[key, shown.subject, shown.name.zh, shown.name.en],
      ...[draft === null ? null : JSON.stringify(draft), version, retiredAt, at, by],
    ],
  )
}

export interface NewVersion {
  readonly key: string
  readonly version: number
  readonly content: ProcessContent
  readonly fields: readonly ProcessField[]
  readonly note: string
  readonly by: string
  readonly at: Date
}

export async function insertVersion(client: Client, row: NewVersion): Promise<void> {
  await client.query(
    `insert into process_version (key, version, content, fields, note, published_at, published_by)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [row.key, row.version, JSON.stringify(row.content), JSON.stringify(row.fields), row.note, row.at, row.by],
  )
}

export interface VersionListRow {
  readonly version: number
  readonly note: string
  readonly publishedAt: Date
  readonly publishedBy: string
  readonly running: number
}

/** Newest first. */
export async function listVersions(client: Client, key: string): Promise<VersionListRow[]> {
  const { rows } = await client.query<VersionListRow>(
    `select v.version, v.note, v.published_at as "publishedAt", v.published_by as "publishedBy",
       (select count(*)::int from process p where p.key = v.key and p.version = v.version and p.state = 'running')
         as running
     from process_version v where v.key = $1 order by v.version desc`,
    [key],
  )
  return rows
}

export async function findContent(
  client: Client,
  key: string,
  version: number,
): Promise<ProcessContent | null> {
  const { rows } = await client.query<{ content: ProcessContent }>(
    `select content from process_version where key = $1 and version = $2`,
    [key, version],
  )
  return rows[0]?.content ?? null
}

/** Newest versions about a subject that start new processes, by name. */
export async function startableDefinitions(
  client: Client,
  subject: string,
): Promise<{ key: string; content: ProcessContent; fieldTypes: ProcessField[] }[]> {
  const { rows } = await client.query<{ key: string; content: ProcessContent; fieldTypes: ProcessField[] }>(
    `select d.key, v.content, v.fields as "fieldTypes" from process_definition d join process_version v on v.key = d.key and v.version = d.version
     where d.subject = $1 and d.retired_at is null order by d.name_zh, d.key`,
    [subject],
  )
  return rows
}

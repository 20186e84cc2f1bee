import type pg from 'pg'
import type { AttachmentRef } from '@courtyard/protocols/contract'
import type { AttachmentPlace } from '../../platform/resource/attachment-source.ts'
import type { Resource } from '../../platform/resource/resource.ts'

type Client = Pick<pg.ClientBase, 'query'>

export interface AttachmentFile {
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes: number
  readonly fileHash: string
  readonly smallHash: string | null
  readonly mediumHash: string | null
}

export interface AttachmentRow extends AttachmentFile {
  readonly id: string
  readonly uploadedBy: string
  readonly uploadedAt: Date
  readonly resource: string | null
  readonly recordId: string | null
  readonly field: string | null
  readonly projectId: string | null
  readonly releasedAt: Date | null
}

const COLUMNS = `id, name, media_type as "mediaType", size_bytes as "sizeBytes", file_hash as "fileHash",
  small_hash as "smallHash", medium_hash as "mediumHash", uploaded_by as "uploadedBy", uploaded_at as "uploadedAt",
  resource, record_id as "recordId", field, project_id as "projectId", released_at as "releasedAt"`

export async function insertAttachment(
  client: Client,
  file: AttachmentFile,
  uploaded: { readonly by: string; readonly at: Date },
): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into attachment (name, media_type, size_bytes, file_hash, small_hash, medium_hash, uploaded_by, uploaded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
    [
      file.name,
      file.mediaType,
      file.sizeBytes,
      file.fileHash,
      file.smallHash,
      file.mediumHash,
      uploaded.by,
      uploaded.at,
    ],
  )
  return rows[0]!.id
}

export async function attachmentById(client: Client, id: string): Promise<AttachmentRow | null> {
  const { rows } = await client.query<AttachmentRow>(`select ${COLUMNS} from attachment where id = $1`, [id])
  return rows[0] ?? null
}

/** Of those that are there. */
export async function attachmentRefs(client: Client, ids: readonly string[]): Promise<AttachmentRef[]> {
  const { rows } = await client.query<AttachmentRef>(
    `select id, name, media_type as "mediaType", size_bytes as "sizeBytes", small_hash is not null as "isImage"
     from attachment where id = any($1::uuid[])`,
    [ids],
  )
  return rows
}

/** Uploads of a person that no record names. */
export async function waitingOf(client: Client, userId: string): Promise<{ files: number; bytes: number }> {
  const { rows } = await client.query<{ files: number; bytes: number }>(
    `select count(*)::int as files, coalesce(sum(size_bytes), 0)::float8 as bytes
     from attachment where uploaded_by = $1 and record_id is null`,
    [userId],
  )
  return rows[0]!
}

/** Gives the person's own uploads to a record, and back what the record had before. @returns how many were given */
export async function claimAttachments(
  client: Client,
  userId: string,
  { resource, recordId, projectId, field }: AttachmentPlace,
  ids: readonly string[],
): Promise<number> {
  const { rowCount } = await client.query(
    `update attachment set resource = $3, record_id = $4, project_id = $5, field = $6, released_at = null
     where id = any($1::uuid[]) and ((record_id is null and uploaded_by = $2)
       or (resource = $3 and record_id = $4 and field = $6))`,
    [ids, userId, resource, recordId, projectId, field],
  )
  return rowCount ?? 0
}

export async function releaseAttachments(
  client: Client,
  { resource, recordId }: AttachmentPlace,
  ids: readonly string[],
): Promise<void> {
  await client.query(
    `update attachment set released_at = now()
     where id = any($1::uuid[]) and resource = $2 and record_id = $3 and released_at is null`,
    [ids, resource, recordId],
  )
}

/** Resources of which attachments are kept. */
export async function resourcesWithAttachments(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ resource: string }>(
    'select distinct resource from attachment where resource is not null and released_at is null',
  )
  return rows.map(({ resource }) => resource)
}

/** Files of records that are there no more. */
export async function releaseOfGoneRecords(client: Client, { name, table }: Resource): Promise<void> {
  await client.query(
    `update attachment a set released_at = now() where a.resource = $1 and a.released_at is null
       and not exists (select from "${table}" r where r.id = a.record_id)`,
    [name],
  )
}

/** Uploads that no record has named, and what was taken off records, before that instant. */
export async function deleteOutdated(client: Client, before: Date, limit: number): Promise<AttachmentRow[]> {
  const { rows } = await client.query<AttachmentRow>(
    `delete from attachment where id in (
       select id from attachment where (record_id is null and uploaded_at < $1) or released_at < $1
       order by id limit $2 for update skip locked)
     returning ${COLUMNS}`,
    [before, limit],
  )
  return rows
}

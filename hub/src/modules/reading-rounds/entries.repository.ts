/** What readers send. */
import type { ReadingConflict, ReadingEntryBody, ReadingPointState } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { pointScope } from '../metering/index.ts'
import type { Client } from './routes.repository.ts'

/** Whoever sends the same entry at the same moment waits until this transaction has ended. */
export async function lockEntry(client: Client, id: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('reading_entry' || $1::text, 0))`, [id])
}

export interface EntryRow {
  readonly id: string
  readonly projectId: string
  readonly taskId: string
  readonly meteringPointId: string
  readonly readerId: string
  readonly readerName: string
  readonly fingerprint: string
  readonly at: Date
  readonly index: string | null
  readonly unreadable: string | null
  readonly note: string | null
  readonly photo: { readonly sha256: string; readonly mediaType: string } | null
  readonly outcome: 'stored' | 'setAside' | 'rejected'
  readonly conflict: ReadingConflict | null
}

export async function entryById(client: Client, id: string, lock = false): Promise<EntryRow | null> {
  const { rows } = await client.query<EntryRow>(
    `select e.id, e.project_id as "projectId", e.task_id as "taskId", e.metering_point_id as "meteringPointId",
       e.reader_id as "readerId", u.username as "readerName", e.fingerprint, e.at, trim_scale(e.index)::text as index,
       e.unreadable, e.note, e.outcome, e.conflict,
       case when e.photo_sha256 is null then null
         else json_build_object('sha256', e.photo_sha256, 'mediaType', e.photo_media_type) end as photo
     from reading_entry e join app_user u on u.id = e.reader_id where e.id = $1 ${lock ? 'for update of e' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

/** State of a meter of a task in the reader's scope; locked, so that two entries of it come one after the other. */
export async function taskPointState(
  client: Client,
  user: Viewer,
  taskId: string,
  meteringPointId: string,
): Promise<ReadingPointState | null> {
  const params: unknown[] = [taskId, meteringPointId]
  const { rows } = await client.query<{ state: ReadingPointState }>(
    `select tp.state from reading_task_point tp join metering_point mp on mp.id = tp.metering_point_id
     where tp.task_id = $1 and mp.id = $2 and ${scopeSql(user, 'readingRounds.enter', pointScope('mp'), params)}
     for update of tp`,
    params,
  )
  return rows[0]?.state ?? null
}

export async function setPointState(
  client: Client,
  { taskId, meteringPointId }: { taskId: string; meteringPointId: string },
  state: ReadingPointState,
  entryId: string | null,
): Promise<void> {
  await client.query(
    'update reading_task_point set state = $3, entry_id = $4 where task_id = $1 and metering_point_id = $2',
    [taskId, meteringPointId, state, entryId],
  )
}

/** Gives the point back when this entry is what its state comes from. */
export async function reopenPoint(client: Client, entry: EntryRow): Promise<void> {
  await client.query(
    `update reading_task_point set state = 'open', entry_id = null
     where task_id = $1 and metering_point_id = $2 and entry_id = $3`,
    [entry.taskId, entry.meteringPointId, entry.id],
  )
}

/** The meter that hung there at an instant, and whether a person has read it later than that. */
export async function meterAt(
  client: Client,
  meteringPointId: string,
  at: Date,
): Promise<{ serial: string; readLater: boolean } | null> {
  const { rows } = await client.query<{ serial: string; readLater: boolean }>(
    `select m.serial, exists (select from manual_read r where r.meter_id = m.id and r.at > $2) as "readLater"
     from installation i join meter m on m.id = i.meter_id
     where i.metering_point_id = $1 and i.from_at <= $2 and (i.to_at is null or $2 < i.to_at)`,
    [meteringPointId, at],
  )
  return rows[0] ?? null
}

export interface NewEntry {
  readonly body: ReadingEntryBody
  readonly projectId: string
  readonly readerId: string
  readonly fingerprint: string
  readonly at: Date
  readonly receivedAt: Date
  readonly clockOffsetMs: number
  readonly photo: { readonly sha256: string; readonly mediaType: string } | null
  readonly outcome: 'stored' | 'setAside'
  readonly conflict: ReadingConflict | null
}

export async function insertEntry(client: Client, entry: NewEntry): Promise<void> {
  const { body } = entry
  await client.query(
    `insert into reading_entry (id, project_id, task_id, metering_point_id, reader_id, fingerprint, taken_at, at,
       received_at, clock_offset_ms, serial, index, unreadable, note, kept, photo_sha256, photo_media_type, outcome,
       conflict)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
    [
      body.id,
      entry.projectId,
      body.taskId,
      body.meteringPointId,
      entry.readerId,
      entry.fingerprint,
      body.takenAt,
      entry.at,
      entry.receivedAt,
      entry.clockOffsetMs,
      body.serial,
      body.index,
      body.unreadable,
      body.note,
      body.kept,
      entry.photo?.sha256 ?? null,
      entry.photo?.mediaType ?? null,
      entry.outcome,
      entry.conflict,
    ],
  )
}

export async function settleEntry(
  client: Client,
  id: string,
  settled: { outcome: 'stored' | 'rejected'; by: string; at: Date; note: string },
): Promise<void> {
  await client.query(
    `update reading_entry set outcome = $2, settled_by = $3, settled_at = $4, settled_note = nullif($5, '')
     where id = $1`,
    [id, settled.outcome, settled.by, settled.at, settled.note],
  )
}

export async function rememberPhoto(
  client: Client,
  photo: { sha256: string; mediaType: string; readerId: string; now: Date },
): Promise<void> {
  await client.query(
    `insert into reading_photo (sha256, reader_id, media_type, received_at) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [photo.sha256, photo.readerId, photo.mediaType, photo.now],
  )
}

/** Only who sent a photo may name it. */
export async function photoOfReader(
  client: Client,
  sha256: string,
  readerId: string,
): Promise<{ sha256: string; mediaType: string } | null> {
  const { rows } = await client.query<{ sha256: string; mediaType: string }>(
    'select sha256, media_type as "mediaType" from reading_photo where sha256 = $1 and reader_id = $2',
    [sha256, readerId],
  )
  return rows[0] ?? null
}

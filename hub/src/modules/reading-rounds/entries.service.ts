/** Taking in what a phone sends, exactly once, and deciding on what had to be set aside. */
import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import {
  AppError,
  type ReadingConflict,
  type ReadingEntryAnswer,
  type ReadingEntryBody,
} from '@courtyard/protocols/contract'
import { inScope, inWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { meteringErrors, storeRead, type StoredRead } from '../metering/index.ts'
import { canBeAccepted, conflictOf, correctedInstant, nextState } from './domain/entry-rules.ts'
import {
  entryById,
  insertEntry,
  lockEntry,
  meterAt,
  photoOfReader,
  rememberPhoto,
  reopenPoint,
  setPointState,
  settleEntry,
  taskPointState,
  type EntryRow,
} from './entries.repository.ts'
import { readingErrors } from './errors.ts'
import type { Doer } from './rounds.service.ts'
import { taskHead, type TaskHead } from './tasks.repository.ts'

/** On disk before it is answered: an entry may then name it. */
export async function takePhoto(hub: Hub, user: CurrentUser, base64: string): Promise<{ sha256: string }> {
  const { hash: sha256, mediaType } = await hub.files.keepPicture(Buffer.from(base64, 'base64'))
  await rememberPhoto(hub.db.pool, { sha256, mediaType, readerId: user.id, now: hub.clock.now() })
  return { sha256 }
}

/**
 * Stores an entry and, when nothing stands against it, its reading, in one transaction: whoever is killed when, it is
 * there once. Sent again, the first answer is given again.
 *
 * @throws AppError `reading_entry.other_content`, `reading_entry.photo_missing`, `reading_task.no_such_point`
 */
export async function takeEntry(
  doer: Doer,
  body: ReadingEntryBody,
  sentAt: string,
): Promise<ReadingEntryAnswer> {
  const { hub, user } = doer
  const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest('hex')
  const { answer, stored } = await hub.db.transaction(async (client) => {
    await lockEntry(client, body.id)
    const known = await entryById(client, body.id)
    if (known) return { answer: sameAgain(known, user, fingerprint), stored: null }
    return storeEntry(client, doer, { body, sentAt, fingerprint })
  })
  stored?.announce(hub)
  return answer
}

function sameAgain(known: EntryRow, user: CurrentUser, fingerprint: string): ReadingEntryAnswer {
  if (known.readerId === user.id && known.fingerprint === fingerprint) return answerOf(known)
  throw fail(readingErrors.otherContent, 'Another entry has been stored under this id')
}

const answerOf = ({ id, outcome, conflict, at }: EntryRow): ReadingEntryAnswer => ({
  id,
  outcome,
  conflict,
  at: at.toISOString(),
})

interface Sent {
  readonly body: ReadingEntryBody
  readonly sentAt: string
  readonly fingerprint: string
}

async function storeEntry(client: PoolClient, doer: Doer, { body, sentAt, fingerprint }: Sent) {
  const { hub, user, audit } = doer
  const task = await taskOf(client, user, body.taskId)
  const before = await taskPointState(client, user, task.id, body.meteringPointId)
  if (before === null) throw fail(readingErrors.notOnTask, 'The meter is not on this task')
  const photo = body.photo === null ? null : await photoOfReader(client, body.photo, user.id)
  if (body.photo !== null && !photo) throw fail(readingErrors.photoMissing, 'Send the photo first')
  const now = hub.clock.now()
  const { atMs, offsetMs } = correctedInstant(Date.parse(body.takenAt), Date.parse(sentAt), now.getTime())
  const at = new Date(atMs)
  const { stored, conflict } = await tryToStore(client, doer, { task, body, at, photo, now })
  const { id, index, unreadable } = body
  const outcome = conflict === null ? ('stored' as const) : ('setAside' as const)
  await insertEntry(client, {
    body,
    projectId: task.projectId,
    readerId: user.id,
    fingerprint,
    at,
    receivedAt: now,
    clockOffsetMs: offsetMs,
    photo,
    outcome,
    conflict,
  })
  const next = nextState(before, { isRead: index !== null, conflict })
  if (next) await setPointState(client, body, next, id)
  await audit(client, {
    action: 'readingEntry.take',
    entity: 'readingEntry',
    entityId: id,
    projectId: task.projectId,
    after: { meteringPointId: body.meteringPointId, index, unreadable, outcome, conflict },
  })
  return { answer: { id, outcome, conflict, at: at.toISOString() }, stored }
}

/** Held until the end: who walks the task does not change meanwhile. */
async function taskOf(client: PoolClient, user: CurrentUser, id: string): Promise<TaskHead> {
  const task = await taskHead(client, id, 'for share')
  if (task && inScope(user, task.projectId, 'readingRounds.enter')) return task
  throw fail(platformErrors.notFound, 'There is no such task')
}

interface Attempt {
  readonly task: TaskHead
  readonly body: ReadingEntryBody
  readonly at: Date
  readonly photo: EntryRow['photo']
  readonly now: Date
}

async function tryToStore(
  client: PoolClient,
  { user, audit }: Doer,
  { task, body, at, photo, now }: Attempt,
): Promise<{ stored: StoredRead | null; conflict: ReadingConflict | null }> {
  const { meteringPointId, index, kept, note, serial } = body
  const conflict = conflictOf({
    isAssignee: task.assigneeId === user.id,
    withdrawn: task.state !== 'open',
    isRead: index !== null,
    serial,
    installed: await meterAt(client, meteringPointId, at),
  })
  if (conflict !== null || index === null) return { stored: null, conflict }
  try {
    const stored = await storeRead(client, {
      meteringPointId,
      projectId: task.projectId,
      entry: { at: at.toISOString(), index, ...(note ? { note } : {}) },
      origin: { source: 'phone', photo, keepImplausible: kept },
      username: user.username,
      now,
      audit,
    })
    return { stored, conflict: null }
  } catch (error) {
    // Refused before anything was written; the phone could not know and must not be stuck with it
    if (error instanceof AppError && error.code === meteringErrors.implausibleRead.code) {
      return { stored: null, conflict: 'implausible' }
    }
    throw error
  }
}

/** @throws AppError `reading_entry.settled` when somebody was quicker, `reading_entry.cannot_accept` */
export async function settle(
  doer: Doer,
  id: string,
  { accept, note }: { accept: boolean; note: string },
): Promise<ReadingEntryAnswer> {
  const { hub, user, audit } = doer
  const now = hub.clock.now()
  const { entry, stored } = await hub.db.transaction(async (client) => {
    const entry = await findEntry(client, user, id, 'readingRounds.write')
    if (entry.outcome !== 'setAside') throw fail(readingErrors.settled, 'The entry has been decided on')
    if (accept && !canBeAccepted(entry.conflict)) {
      throw fail(readingErrors.cannotAccept, 'It was read from another meter', { conflict: entry.conflict })
    }
    const stored = accept ? await acceptEntry(client, doer, entry, now) : null
    if (!accept) await reopenPoint(client, entry)
    const outcome = accept ? ('stored' as const) : ('rejected' as const)
    await settleEntry(client, id, { outcome, by: user.id, at: now, note })
    await audit(client, {
      action: accept ? 'readingEntry.accept' : 'readingEntry.reject',
      entity: 'readingEntry',
      entityId: id,
      projectId: entry.projectId,
      before: { outcome: entry.outcome, conflict: entry.conflict },
      after: { outcome, note },
    })
    return { entry: { ...entry, outcome }, stored }
  })
  stored?.announce(hub)
  return answerOf(entry)
}

async function acceptEntry(
  client: PoolClient,
  { audit }: Doer,
  entry: EntryRow,
  now: Date,
): Promise<StoredRead | null> {
  const { meteringPointId, index, projectId, note, photo } = entry
  await setPointState(client, entry, index === null ? 'unreadable' : 'read', entry.id)
  if (index === null) return null
  return storeRead(client, {
    meteringPointId,
    projectId,
    entry: { at: entry.at.toISOString(), index, ...(note ? { note } : {}) },
    origin: { source: 'phone', photo, keepImplausible: true },
    username: entry.readerName,
    now,
    audit,
  })
}

async function findEntry(
  client: Pick<PoolClient, 'query'>,
  user: CurrentUser,
  id: string,
  permission: 'readingRounds.read' | 'readingRounds.write',
): Promise<EntryRow> {
  const entry = await entryById(client, id, permission === 'readingRounds.write')
  if (entry && inWholeProject(user, entry.projectId, permission)) return entry
  throw fail(platformErrors.notFound, 'There is no such entry')
}

export async function entryPhotoFor(hub: Hub, user: CurrentUser, id: string) {
  const { photo } = await findEntry(hub.db.pool, user, id, 'readingRounds.read')
  const bytes = photo && (await hub.files.read(photo.sha256))
  if (!bytes) throw fail(platformErrors.notFound, 'There is no photo')
  return { bytes, mediaType: photo.mediaType }
}

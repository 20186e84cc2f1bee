import type pg from 'pg'
import type { HouseholdNote } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { findHousehold } from './access.ts'
import { insertNote, noteById, notesOf, updateNote, type NoteRow } from './notes.repository.ts'

export async function listNotes(hub: Hub, user: CurrentUser, householdId: string): Promise<HouseholdNote[]> {
  await findHousehold(hub, user, householdId, 'party.read')
  return (await notesOf(hub.db.pool, householdId)).map((row) => noteDto(row, user))
}

export async function writeNote(
  hub: Hub,
  user: CurrentUser,
  householdId: string,
  text: string,
  audit: Audit,
): Promise<HouseholdNote> {
  const { projectId } = await findHousehold(hub, user, householdId, 'party.write')
  return hub.db.transaction(async (client) => {
    const id = await addNote(
      client,
      { householdId, projectId, text, userId: user.id, now: hub.clock.now() },
      audit,
    )
    return noteDto((await noteById(client, id))!, user)
  })
}

/** Inside a transaction. @returns its id */
export async function addNote(
  client: pg.ClientBase,
  note: { householdId: string; projectId: string; text: string; userId: string; now: Date },
  audit: Audit,
): Promise<string> {
  const id = await insertNote(client, note)
  const { householdId, projectId, text } = note
  await audit(client, {
    action: 'household.note',
    entity: 'household',
    entityId: householdId,
    projectId,
    after: { id, text },
  })
  return id
}

/** People change their own notes only. @throws AppError `conflict` when it was changed meanwhile */
export async function editNote(
  hub: Hub,
  user: CurrentUser,
  id: string,
  edit: { text: string; version: number },
  audit: Audit,
): Promise<HouseholdNote> {
  const note = await noteById(hub.db.pool, id)
  if (!note) throw fail(platformErrors.notFound, 'There is no such note')
  const { projectId } = await findHousehold(hub, user, note.householdId, 'party.write')
  if (note.createdById !== user.id) throw fail(platformErrors.forbidden, 'This note is somebody else’s')
  return hub.db.transaction(async (client) => {
    const changed = await updateNote(client, id, edit, user.id, hub.clock.now())
    if (!changed) throw fail(platformErrors.conflict, 'The note was changed meanwhile')
    await audit(client, {
      action: 'household.note',
      entity: 'household',
      entityId: note.householdId,
      projectId,
      before: { id, text: note.text },
      after: { id, text: edit.text },
    })
    return noteDto((await noteById(client, id))!, user)
  })
}

function noteDto({ householdId: _, createdById, ...row }: NoteRow, user: CurrentUser): HouseholdNote {
  return {
    ...row,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    mine: createdById === user.id,
  }
}

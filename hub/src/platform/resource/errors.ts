import { registerErrors } from '../errors.ts'

export const recordErrors = {
  notFound: { code: 'record.not_found', status: 404 },
  /** Somebody was quicker; `details.record` is the record as it is now. */
  changed: { code: 'record.changed', status: 409 },
  /** Put away: bring it back first. */
  archived: { code: 'record.archived', status: 409 },
  /** Another record has this key; `issues` name the fields. */
  taken: { code: 'record.taken', status: 409 },
  /** Records that point to it are in the way. */
  inUse: { code: 'record.in_use', status: 409 },
  /** A rule of the module; `details.reason` says which. */
  refused: { code: 'record.refused', status: 409 },
  outsideScope: { code: 'record.outside_scope', status: 403 },
  cursorInvalid: { code: 'record.cursor_invalid', status: 400 },
  unknownAction: { code: 'record.unknown_action', status: 400 },
  importNotFound: { code: 'import.not_found', status: 404 },
  importState: { code: 'import.wrong_state', status: 409 },
  fileUnreadable: { code: 'import.file_unreadable', status: 400 },
} as const

registerErrors(recordErrors)

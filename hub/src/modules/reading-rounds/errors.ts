import { registerErrors } from '../../platform/errors.ts'

export const readingErrors = {
  changed: { code: 'reading_route.changed', status: 409 },
  empty: { code: 'reading_route.empty', status: 409 },
  handedOut: { code: 'reading_task.handed_out', status: 409 },
  withdrawn: { code: 'reading_task.withdrawn', status: 409 },
  notOnTask: { code: 'reading_task.no_such_point', status: 404 },
  otherContent: { code: 'reading_entry.other_content', status: 409 },
  photoMissing: { code: 'reading_entry.photo_missing', status: 409 },
  settled: { code: 'reading_entry.settled', status: 409 },
  cannotAccept: { code: 'reading_entry.cannot_accept', status: 409 },
} as const

registerErrors(readingErrors)

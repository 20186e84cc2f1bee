import { registerErrors, type ErrorKind } from '../errors.ts'

export const printErrors = {
  kindNotFound: { code: 'print.unknown_kind', status: 404 },
  paperNotMade: { code: 'print.paper_not_made', status: 400 },
  pictureNotFound: { code: 'print.picture_not_found', status: 404 },
  /** A version of a template shows it. */
  pictureUsed: { code: 'print.picture_used', status: 409 },
  recordNotFound: { code: 'print.record_not_found', status: 404 },
  templateChanged: { code: 'print.template_changed', status: 409 },
  /** A template that was kept can't be filled in: the text and why are in the details. */
  templateFailed: { code: 'print.template_failed', status: 422 },
} as const satisfies Record<string, ErrorKind>

registerErrors(printErrors)

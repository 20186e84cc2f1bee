import { registerErrors } from '../../platform/errors.ts'

export const attachmentErrors = {
  /** Not there, not yet or no more of a record, or of one that the person may not see. */
  notFound: { code: 'attachment.not_found', status: 404 },
  /** A record names a file that is gone or somebody else's. */
  notYours: { code: 'attachment.not_yours', status: 409 },
  /** Uploads that no record names: save what you have first. */
  tooManyWaiting: { code: 'attachment.too_many_waiting', status: 429 },
  /** The person may change no record that could have files. */
  nothingToAttach: { code: 'attachment.nothing_to_attach', status: 403 },
} as const

registerErrors(attachmentErrors)

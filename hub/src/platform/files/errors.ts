import { registerErrors } from '../errors.ts'

export const fileErrors = {
  /** The store does not answer, or refuses our key. */
  unreachable: { code: 'files.unreachable', status: 503 },
  /** What was sent cannot be kept; `details.reason` says why. */
  refused: { code: 'file.refused', status: 400 },
  /** As `refused`: more bytes than are taken. */
  tooLarge: { code: 'file.too_large', status: 413 },
} as const

registerErrors(fileErrors)

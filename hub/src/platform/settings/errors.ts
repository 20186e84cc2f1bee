import { registerErrors, type ErrorKind } from '../errors.ts'

export const settingsErrors = {
  notFound: { code: 'settings.not_found', status: 404 },
  /** Somebody changed it since it was read. */
  changed: { code: 'settings.changed', status: 409 },
} as const satisfies Record<string, ErrorKind>

registerErrors(settingsErrors)

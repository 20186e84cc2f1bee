import { registerErrors, type ErrorKind } from '../errors.ts'

export const keyAccessErrors = {
  badKey: { code: 'auth.bad_key', status: 401 },
  notForKeys: { code: 'auth.not_for_keys', status: 403 },
} as const satisfies Record<string, ErrorKind>

registerErrors(keyAccessErrors)

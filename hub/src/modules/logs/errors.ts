import { registerErrors, type ErrorKind } from '../../platform/errors.ts'

export const logErrors = {
  cursorInvalid: { code: 'log.cursor_invalid', status: 400 },
} as const satisfies Record<string, ErrorKind>

registerErrors(logErrors)

import { registerErrors, type ErrorKind } from '../errors.ts'

export const notifyErrors = {
  unknownTemplate: { code: 'message.unknown_template', status: 500 },
  missingVariable: { code: 'message.missing_variable', status: 500 },
} as const satisfies Record<string, ErrorKind>

registerErrors(notifyErrors)

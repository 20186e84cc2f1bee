import { registerErrors } from '../../platform/errors.ts'

export const callErrors = {
  unknownAgent: { code: 'call.unknown_agent', status: 404 },
  extensionTaken: { code: 'call.extension_taken', status: 409 },
} as const

registerErrors(callErrors)

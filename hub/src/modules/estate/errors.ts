import { registerErrors } from '../../platform/errors.ts'

export const estateErrors = {
  projectCodeTaken: { code: 'project.code_taken', status: 409 },
} as const

registerErrors(estateErrors)

import { registerErrors } from '../../platform/errors.ts'

export const estateErrors = {
  projectCodeTaken: { code: 'project.code_taken', status: 409 },
  generationInUse: { code: 'generation.in_use', status: 409 },
  planChanged: { code: 'plan.changed', status: 409 },
} as const

registerErrors(estateErrors)

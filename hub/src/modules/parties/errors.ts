import { registerErrors } from '../../platform/errors.ts'

export const partyErrors = {
  accountTaken: { code: 'household.account_taken', status: 409 },
  changed: { code: 'household.changed', status: 409 },
} as const

registerErrors(partyErrors)

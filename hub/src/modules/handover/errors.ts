import { registerErrors } from '../../platform/errors.ts'

export const handoverErrors = {
  changed: { code: 'handover.changed', status: 409 },
  wrongState: { code: 'handover.wrong_state', status: 409 },
  refused: { code: 'handover.refused', status: 409 },
  permitRefused: { code: 'permit.refused', status: 409 },
  ownerChangeRefused: { code: 'owner_change.refused', status: 409 },
} as const

registerErrors(handoverErrors)

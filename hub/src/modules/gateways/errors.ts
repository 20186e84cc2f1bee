import { registerErrors } from '../../platform/errors.ts'

export const gatewayErrors = {
  notFound: { code: 'gateway.not_found', status: 404 },
  nameTaken: { code: 'gateway.name_taken', status: 409 },
  deviceNotFound: { code: 'device.not_found', status: 404 },
  /** Unknown, used or expired: which of them isn't told. */
  tokenRefused: { code: 'gateway.token_refused', status: 401 },
} as const

/** Why a message of a gateway is in the quarantine. */
export const messageErrors = {
  notJson: 'gateway.message_not_json',
  invalid: 'gateway.message_invalid',
  catalogueRefused: 'gateway.catalogue_refused',
} as const

registerErrors(gatewayErrors)

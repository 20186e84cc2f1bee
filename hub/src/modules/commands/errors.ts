import { registerErrors } from '../../platform/errors.ts'

export const commandErrors = {
  notFound: { code: 'command.not_found', status: 404 },
  deviceNotFound: { code: 'device.not_found', status: 404 },
  /** Another command has this id. */
  idTaken: { code: 'command.id_taken', status: 409 },
  /** The gateway no longer lists the device. */
  deviceRemoved: { code: 'command.device_removed', status: 409 },
  gatewayRevoked: { code: 'command.gateway_revoked', status: 409 },
  /** Who asked can't be the second person. */
  ownRequest: { code: 'command.own_request', status: 403 },
  /** Somebody has decided already; `details.state` says what it is now. */
  notAwaiting: { code: 'command.not_awaiting', status: 409 },
  /** It is on its way or ended; `details.state` says so. */
  alreadySent: { code: 'command.already_sent', status: 409 },
  /** Its time is over. */
  tooLate: { code: 'command.too_late', status: 409 },
  cursorInvalid: { code: 'command.cursor_invalid', status: 400 },
} as const

registerErrors(commandErrors)

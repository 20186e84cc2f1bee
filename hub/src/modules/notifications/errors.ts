import { registerErrors, type ErrorKind } from '../../platform/errors.ts'

export const notificationErrors = {
  notFound: { code: 'message.not_found', status: 404 },
  notDead: { code: 'message.not_dead', status: 409 },
  noAddress: { code: 'message.no_address', status: 409 },
  templateNotFound: { code: 'message.template_not_found', status: 404 },
  changed: { code: 'message.changed', status: 409 },
  cursorInvalid: { code: 'message.cursor_invalid', status: 400 },
  receiptRefused: { code: 'message.receipt_refused', status: 404 },
} as const satisfies Record<string, ErrorKind>

registerErrors(notificationErrors)

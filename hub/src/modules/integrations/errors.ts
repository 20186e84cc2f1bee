import { registerErrors, type ErrorKind } from '../../platform/errors.ts'

export const integrationErrors = {
  keyNotFound: { code: 'apiKey.not_found', status: 404 },
  keyChanged: { code: 'apiKey.changed', status: 409 },
  keyRevoked: { code: 'apiKey.revoked', status: 409 },
  keyNameTaken: { code: 'apiKey.name_taken', status: 409 },
  webhookNotFound: { code: 'webhook.not_found', status: 404 },
  webhookChanged: { code: 'webhook.changed', status: 409 },
  deliveryNotFound: { code: 'webhook_delivery.not_found', status: 404 },
  deliveryWaiting: { code: 'webhook_delivery.waiting', status: 409 },
  cursorInvalid: { code: 'webhook_delivery.cursor_invalid', status: 400 },
} as const satisfies Record<string, ErrorKind>

registerErrors(integrationErrors)

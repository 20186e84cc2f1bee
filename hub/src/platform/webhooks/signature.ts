/**
 * Signatures of Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, the
 * secret being `whsec_` and base64.
 */
import { createHmac, randomBytes } from 'node:crypto'

const SECRET_START = 'whsec_'
const SECRET_BYTES = 32

export function newWebhookSecret(): string {
  return SECRET_START + randomBytes(SECRET_BYTES).toString('base64')
}

export interface SignedMessage {
  readonly id: string
  /** Of this try: receivers refuse what is minutes old. */
  readonly at: Date
  readonly body: string
}

/** @param secrets newest first; while one is being exchanged there are two, and a receiver takes either */
export function signedHeaders(message: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(message.at.getTime() / 1000))
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signature(message, timestamp, secret)).join(' '),
  }
}

function signature({ id, body }: SignedMessage, timestamp: string, secret: string): string {
  const key = Buffer.from(secret.slice(SECRET_START.length), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

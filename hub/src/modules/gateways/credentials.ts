/**
 * Tokens and passwords of gateways: 256 random bits each, kept as SHA-256. Guessing them is out of the question,
 * so no slow hash is needed.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export const TOKEN_LIFETIME_MS = 7 * 86_400_000

export interface NewSecret {
  /** To be shown once and kept nowhere. */
  readonly secret: string
  readonly hash: Buffer
}

export function newSecret(): NewSecret {
  const secret = randomBytes(32).toString('base64url')
  return { secret, hash: hashSecret(secret) }
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

export function matchesSecret(secret: string, hash: Uint8Array): boolean {
  const given = hashSecret(secret)
  return given.length === hash.length && timingSafeEqual(given, hash)
}

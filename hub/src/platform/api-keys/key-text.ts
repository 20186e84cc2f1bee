/** What a key looks like: `cy_` and eight hexadecimal digits, by which people name it, then 256 random bits. */
import { createHash, randomBytes } from 'node:crypto'
import { API_KEY_START } from '@courtyard/protocols/contract'

const form = /^cy_[0-9a-f]{8}_[\w-]{43}$/

export interface NewKey {
  /** Shown once, kept nowhere. */
  readonly secret: string
  readonly prefix: string
  readonly hash: Uint8Array<ArrayBuffer>
}

export function newKey(): NewKey {
  const prefix = API_KEY_START + randomBytes(4).toString('hex')
  const secret = `${prefix}_${randomBytes(32).toString('base64url')}`
  return { secret, prefix, hash: hashKey(secret) }
}

/** Random enough that a plain hash can't be turned back. */
export function hashKey(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret).digest())
}

/** The key of a header `Authorization: Bearer cy_…`; null when the header is missing or of another kind. */
export function keyOf(header: string | undefined): string | null {
  const match = /^bearer +(\S+) *$/i.exec(header ?? '')
  return match?.[1]?.startsWith(API_KEY_START) ? match[1] : null
}

export const isKey = (text: string): boolean => form.test(text)

/**
 * Secrets at rest: AES-256-GCM under the master key. What is sealed for one place does not open in another, so rows
 * can't be exchanged by somebody who can only write to the database.
 *
 * Layout: version 1 (1 byte) | key id (8) | nonce (12) | tag (16) | ciphertext.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { fail } from '../errors.ts'
import { securityErrors } from './errors.ts'
import { KEY_BYTES, KEY_ID_BYTES, type MasterKey, type MasterKeys } from './master-key.ts'

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES
const CIPHER = 'aes-256-gcm'

export class SecretBox {
  private readonly keys: MasterKeys

  constructor(keys: MasterKeys) {
    this.keys = keys
  }

  /** @param place what it is for and where it is kept, such as `gateway-config:<id>` */
  seal(plain: Uint8Array | string, place: string): Buffer {
    const { id, key } = this.keys[0]
    const nonce = randomBytes(NONCE_BYTES)
    const head = Buffer.concat([Buffer.of(VERSION), id, nonce])
    const cipher = createCipheriv(CIPHER, keyFor(key, place), nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(Buffer.concat([head, Buffer.from(place)]))
    const text = Buffer.concat([cipher.update(Buffer.from(plain as string)), cipher.final()])
    return Buffer.concat([head, cipher.getAuthTag(), text])
  }

  /** @throws AppError `security.cannot_open` */
  open(sealed: Uint8Array, place: string): Buffer {
    const bytes = Buffer.from(sealed)
    const key = this.keyOf(bytes)
    if (!key) throw cannotOpen(place, 'it was sealed with a key that this hub does not have')
    const head = bytes.subarray(0, HEAD_BYTES - TAG_BYTES)
    const decipher = createDecipheriv(CIPHER, keyFor(key.key, place), head.subarray(1 + KEY_ID_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.concat([head, Buffer.from(place)]))
    decipher.setAuthTag(bytes.subarray(HEAD_BYTES - TAG_BYTES, HEAD_BYTES))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES)), decipher.final()])
    } catch (cause) {
      throw cannotOpen(place, 'the bytes were changed or belong elsewhere', cause)
    }
  }

  /**
   * A mark of something that must not be kept: alike for the same text, and worth nothing without the master key. Eight
   * hexadecimal digits: of many texts some share a mark.
   */
  mark(text: string, place: string): string {
    return createHmac('sha256', keyFor(this.keys[0].key, place)).update(text).digest('hex').slice(0, 8)
  }

  /** True for what was sealed before the key was changed: it should be sealed anew. */
  isOutdated(sealed: Uint8Array): boolean {
    return this.keyOf(Buffer.from(sealed)) !== this.keys[0]
  }

  private keyOf(bytes: Buffer): MasterKey | undefined {
    if (bytes.length < HEAD_BYTES || bytes[0] !== VERSION) return undefined
    const id = bytes.subarray(1, 1 + KEY_ID_BYTES)
    return this.keys.find((key) => key.id.equals(id))
  }
}

/** A key per kind of place: one that leaks by a fault elsewhere opens nothing else (RFC 5869). */
function keyFor(master: Buffer, place: string): Buffer {
  const kind = place.split(':', 1)[0]!
  return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `courtyard/${kind}`, KEY_BYTES))
}

function cannotOpen(place: string, why: string, cause?: unknown) {
  return fail(
    securityErrors.cannotOpen,
    `What is kept as ${place} cannot be opened: ${why}`,
    undefined,
    cause,
  )
}

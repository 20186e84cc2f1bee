/**
 * Master keys in a file that a passphrase opens: scrypt (RFC 7914, N = 2^17, r = 8, p = 1: 128 MiB) and AES-256-GCM.
 * Layout: `CYKEYS1\n` | salt (16 bytes) | nonce (12) | tag (16) | ciphertext.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { fail } from '../../../platform/errors.ts'
import { operationsErrors } from '../errors.ts'

const MAGIC = Buffer.from('CYKEYS1\n')
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }

const derive = promisify(
  (passphrase: string, salt: Buffer, done: (error: Error | null, key: Buffer) => void) =>
    scrypt(passphrase.normalize('NFKC'), salt, 32, COST, done),
)

/** @param keys as they stand in `master.key` */
export async function sealKeys(keys: string, passphrase: string): Promise<Buffer> {
  const salt = randomBytes(SALT_BYTES)
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, salt), nonce)
  cipher.setAAD(MAGIC)
  const text = Buffer.concat([cipher.update(keys, 'utf8'), cipher.final()])
  return Buffer.concat([MAGIC, salt, nonce, cipher.getAuthTag(), text])
}

/** @throws AppError `restore.passphrase` */
export async function openKeys(sealed: Buffer, passphrase: string): Promise<string> {
  const at = (from: number, length?: number) =>
    sealed.subarray(from, length === undefined ? undefined : from + length)
  const afterMagic = MAGIC.length
  const afterSalt = afterMagic + SALT_BYTES
  const afterNonce = afterSalt + NONCE_BYTES
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      await derive(passphrase, at(afterMagic, SALT_BYTES)),
      at(afterSalt, NONCE_BYTES),
      { authTagLength: TAG_BYTES },
    )
    decipher.setAAD(at(0, afterMagic))
    decipher.setAuthTag(at(afterNonce, TAG_BYTES))
    return Buffer.concat([decipher.update(at(afterNonce + TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw fail(
      operationsErrors.restorePassphrase,
      'The passphrase does not open the keys of this backup',
      undefined,
      cause,
    )
  }
}

/** The gateway's own identity, as a file that only its owner may read. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { AppError, EnrolResponse } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import { writeWholeFile } from '../whole-file.ts'

/** A private key (PKCS #8), its certificate and the CAs to trust, all PEM. The key never leaves this machine. */
const CertifiedKey = z.strictObject({ key: z.string(), certificate: z.string(), ca: z.string() })
export type CertifiedKey = z.infer<typeof CertifiedKey>

const Credentials = EnrolResponse.extend({
  tls: CertifiedKey.extend({ mqttUrl: z.string() }).optional(),
  /** A renewed certificate that has not been seen working yet; until then `tls` stays. */
  next: CertifiedKey.optional(),
})
export type Credentials = z.infer<typeof Credentials>

export function credentialsFile(dataDir: string): string {
  return join(dataDir, 'credentials.json')
}

/**
 * Null when there are none.
 * @throws AppError `edge.credentials_invalid` when the content is of no use, `edge.credentials_unreadable`.
 */
export function readCredentials(file: string): Credentials | null {
  if (!existsSync(file)) return null
  const text = readText(file)
  try {
    return Credentials.parse(JSON.parse(text))
  } catch (cause) {
    // The cause could quote the content; only its kind is kept.
    const reason = cause instanceof SyntaxError ? 'it is not JSON' : 'fields are missing or wrong'
    throw new AppError(errorCodes.credentialsInvalid, `${file} cannot be used: ${reason}`)
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new AppError(errorCodes.credentialsUnreadable, `${file} cannot be read: ${reason}`, { cause })
  }
}

/** Written whole or not at all, mode 0600, on the disk when this returns. */
export function writeCredentials(file: string, credentials: Credentials): void {
  writeWholeFile(file, `${JSON.stringify(credentials, null, 2)}\n`)
}

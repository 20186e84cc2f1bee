/** The gateway's own identity, as a file that only its owner may read. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError, EnrolResponse } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'

export type Credentials = EnrolResponse

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
    return EnrolResponse.parse(JSON.parse(text))
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
  const folder = dirname(file)
  mkdirSync(folder, { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  const handle = openSync(temporary, 'w', 0o600)
  try {
    writeSync(handle, `${JSON.stringify(credentials, null, 2)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(temporary, file)
  const folderHandle = openSync(folder, 'r')
  fsyncSync(folderHandle)
  closeSync(folderHandle)
}

import { AppError } from '@courtyard/protocols/contract'
import type { Reason } from './reasons/reason.ts'

export interface ErrorKind {
  readonly code: string
  /** HTTP status when it reaches a caller. */
  readonly status: number
}

/** Codes of the platform. Modules keep their own in their `errors.ts` and register them. */
export const platformErrors = {
  internal: { code: 'internal', status: 500 },
  notFound: { code: 'not_found', status: 404 },
  invalidInput: { code: 'input.invalid', status: 400 },
  tooLarge: { code: 'input.too_large', status: 413 },
  unsupportedMedia: { code: 'input.unsupported_media', status: 415 },
  csvInvalid: { code: 'input.csv_invalid', status: 400 },
  noSession: { code: 'auth.no_session', status: 401 },
  badCredentials: { code: 'auth.bad_credentials', status: 401 },
  locked: { code: 'auth.locked', status: 429 },
  forbidden: { code: 'auth.forbidden', status: 403 },
  acting: { code: 'auth.acting', status: 403 },
  partOfProject: { code: 'auth.part_of_project', status: 403 },
  badCsrf: { code: 'auth.csrf', status: 403 },
  tooManyRequests: { code: 'rate.limited', status: 429 },
  projectNotFound: { code: 'project.not_found', status: 404 },
  conflict: { code: 'conflict', status: 409 },
  stopping: { code: 'hub.stopping', status: 503 },
  noPostgresBinaries: { code: 'database.no_binaries', status: 503 },
  noPostgresUser: { code: 'database.no_user', status: 503 },
  databaseStart: { code: 'database.start_failed', status: 503 },
  databaseInUse: { code: 'database.in_use', status: 503 },
  databaseUnavailable: { code: 'database.unavailable', status: 503 },
  migrationChanged: { code: 'database.migration_changed', status: 503 },
  migrationFailed: { code: 'database.migration_failed', status: 503 },
  brokerUnavailable: { code: 'broker.unavailable', status: 503 },
  tlsFiles: { code: 'hub.tls_files', status: 503 },
  httpsPort: { code: 'hub.https_port', status: 503 },
  liveTooMany: { code: 'live.too_many', status: 429 },
} as const satisfies Record<string, ErrorKind>

const statusByCode = new Map<string, number>()

/** Makes codes known to the error handler. @throws when a code is taken with another status */
export function registerErrors(kinds: Readonly<Record<string, ErrorKind>>): void {
  for (const { code, status } of Object.values(kinds)) {
    const known = statusByCode.get(code)
    if (known !== undefined && known !== status) throw new Error(`error code ${code} is registered twice`)
    statusByCode.set(code, status)
  }
}

registerErrors(platformErrors)

/** HTTP status of a code; 500 for one that nobody registered. */
export function statusOf(code: string): number {
  return statusByCode.get(code) ?? 500
}

/** Makes the error of a registered kind. */
export function fail(
  kind: ErrorKind,
  message: string,
  details?: Record<string, unknown>,
  cause?: unknown,
): AppError {
  return new AppError(kind.code, message, {
    ...(details ? { details } : {}),
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Where an input is wrong and why: an `InputIssue` before it is said in a language. */
export interface InputFault {
  readonly path: string
  readonly reason: Reason
}

/** An input that is wrong in the places named. The message is for logs and programs. */
export function invalidInput(message: string, issues: readonly InputFault[]): AppError {
  return fail(platformErrors.invalidInput, message, { issues })
}

import { registerErrors, type ErrorKind } from '../../platform/errors.ts'

export const operationsErrors = {
  backupNotFound: { code: 'backup.not_found', status: 404 },
  /** One is made already, or waits. */
  backupUnderWay: { code: 'backup.under_way', status: 409 },
  /** Only a finished one can be read back. */
  backupNotDone: { code: 'backup.not_done', status: 409 },
  /** No other one could be restored: it is removed by who says that he knows. */
  backupLast: { code: 'backup.last_good', status: 409 },
  /** Its folder is not on the machine that was asked. */
  backupElsewhere: { code: 'backup.elsewhere', status: 409 },
  backupBroken: { code: 'backup.broken', status: 409 },
  /** Made by a version of the program that this one does not know. */
  backupUnknownVersion: { code: 'backup.unknown_version', status: 409 },
  /** There is data where it should go. */
  restoreNotEmpty: { code: 'restore.not_empty', status: 409 },
  restoreHubRunning: { code: 'restore.hub_running', status: 409 },
  restoreKeys: { code: 'restore.keys', status: 409 },
  restorePassphrase: { code: 'restore.passphrase', status: 409 },
  archiveNotFound: { code: 'archive.not_found', status: 404 },
  archiveBroken: { code: 'archive.broken', status: 409 },
  /** What was asked for fits another state of it. */
  archiveState: { code: 'archive.state', status: 409 },
  archiveUnderWay: { code: 'archive.under_way', status: 409 },
} as const satisfies Record<string, ErrorKind>

registerErrors(operationsErrors)

import { mkdir, stat, statfs } from 'node:fs/promises'
import type { BackupOverview, BackupView } from '@courtyard/protocols/contract'
import type { Audit } from '../../../platform/audit/audit.ts'
import type { CurrentUser } from '../../../platform/auth/user.ts'
import { fail } from '../../../platform/errors.ts'
import type { Hub } from '../../../platform/module.ts'
import type { Reason } from '../../../platform/reasons/reason.ts'
import { operationsErrors } from '../errors.ts'
import { askForCheck, request } from './backup-work.ts'
import { findBackup, listBackups, type BackupRow } from './backups.repository.ts'
import { backupSettings } from './backup-settings.ts'

interface Actor {
  readonly user: CurrentUser
  readonly audit: Audit
  readonly say: (reason: Reason) => string
}

export async function overviewOf(hub: Hub, say: Actor['say']): Promise<BackupOverview> {
  const { enabled, at, timeZone, passphrase } = await hub.settings.get(backupSettings)
  const rows = await listBackups(hub.db.pool)
  return {
    folder: hub.config.backupFolder,
    ...(await diskOf(hub)),
    schedule: { enabled, at, timeZone },
    keysInside: passphrase !== null,
    filesElsewhere: hub.config.filesS3 !== null,
    items: rows.map((row) => viewOf(row, say)),
  }
}

/** As this process sees it; with several machines that may be another disk than the worker's. */
async function diskOf(hub: Hub): Promise<Pick<BackupOverview, 'freeBytes' | 'sameDisk'>> {
  const { backupFolder, dataFolder } = hub.config
  try {
    await mkdir(backupFolder, { recursive: true, mode: 0o700 })
    const [disk, backups, data] = await Promise.all([
      statfs(backupFolder),
      stat(backupFolder),
      stat(dataFolder),
    ])
    return { freeBytes: disk.bavail * disk.bsize, sameDisk: backups.dev === data.dev }
  } catch (error) {
    hub.log.warn({ err: error, module: 'backup' }, 'the backup folder cannot be looked at')
    return { freeBytes: null, sameDisk: null }
  }
}

/** @throws AppError `backup.under_way` */
export async function backUpNow(hub: Hub, { user, audit, say }: Actor): Promise<BackupView> {
  const id = await request(hub, { slot: null, by: user.displayName }, (client, entityId) =>
    audit(client, { action: 'backup.make', entity: 'backup', entityId }),
  )
  if (id === null) throw fail(operationsErrors.backupUnderWay, 'A backup is being made already')
  return viewOf((await findBackup(hub.db.pool, id))!, say)
}

/** @throws AppError `backup.not_found`, `backup.not_done` */
export async function checkNow(hub: Hub, { audit, say }: Actor, id: string): Promise<BackupView> {
  const row = await findBackup(hub.db.pool, id)
  if (!row) throw fail(operationsErrors.backupNotFound, 'There is no such backup')
  if (row.state !== 'done') throw fail(operationsErrors.backupNotDone, 'The backup is not finished')
  await hub.db.transaction((client) =>
    audit(client, { action: 'backup.check', entity: 'backup', entityId: id, after: { name: row.name } }),
  )
  await askForCheck(hub, id)
  return viewOf((await findBackup(hub.db.pool, id)) ?? row, say)
}

function viewOf(row: BackupRow, say: Actor['say']): BackupView {
  const { id, state, requestedBy, name, hubVersion, tables, files, keysInside } = row
  const said = (reason: Reason | null) => (reason === null ? null : say(reason))
  return {
    ...{ id, state, requestedBy, name, hubVersion, tables, files, keysInside },
    byHand: row.slot === null,
    requestedAt: row.requestedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    doneBytes: Number(row.doneBytes),
    totalBytes: Number(row.totalBytes),
    bytes: Number(row.bytes),
    rows: Number(row.rows),
    fault: said(row.fault),
    check: row.checkState && {
      state: row.checkState,
      at: row.checkedAt?.toISOString() ?? null,
      fault: said(row.checkFault),
    },
  }
}

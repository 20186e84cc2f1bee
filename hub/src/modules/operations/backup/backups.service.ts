import { mkdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupOverview, BackupView } from '@courtyard/protocols/contract'
import type { Audit } from '../../../platform/audit/audit.ts'
import type { CurrentUser } from '../../../platform/auth/user.ts'
import { fail } from '../../../platform/errors.ts'
import type { FileAnswer } from '../../../platform/http/file-route.ts'
import type { Hub } from '../../../platform/module.ts'
import type { Reason } from '../../../platform/reasons/reason.ts'
import { operationsErrors } from '../errors.ts'
import { askForCheck, request } from './backup-work.ts'
import { requireHere, zipBackup } from './backup-zip.ts'
import { findBackup, listBackups, type BackupRow } from './backups.repository.ts'
import { backupSettings } from './backup-settings.ts'
import { removeBackup } from './remove-backup.ts'

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

/**
 * All data of the company leaves the hub with it, so who took it is on record before the first byte goes.
 * @throws AppError `backup.not_found`, `backup.not_done`, `backup.elsewhere`, `backup.broken`
 */
export async function downloadOf(hub: Hub, { audit }: Pick<Actor, 'audit'>, id: string): Promise<FileAnswer> {
  const row = await findBackup(hub.db.pool, id)
  if (!row) throw fail(operationsErrors.backupNotFound, 'There is no such backup')
  const { state, name } = row
  if (state !== 'done' || name === null)
    throw fail(operationsErrors.backupNotDone, 'The backup is not finished')
  const folder = join(hub.config.backupFolder, name)
  await requireHere(folder)
  await hub.db.transaction((client) =>
    audit(client, { action: 'backup.download', entity: 'backup', entityId: id, after: { name } }),
  )
  const zip = await zipBackup(folder, name)
  return { ...zip, fileName: `courtyard-backup-${name}.zip`, mediaType: 'application/zip' }
}

/** @throws AppError `backup.not_found`, `backup.under_way`, `backup.last_good`, `backup.elsewhere` */
export async function deleteBackup(
  hub: Hub,
  { audit }: Pick<Actor, 'audit'>,
  id: string,
  evenLast: boolean,
): Promise<void> {
  await removeBackup(hub, id, evenLast, (client, { name, requestedAt }) =>
    audit(client, {
      ...{ action: 'backup.remove', entity: 'backup', entityId: id },
      before: { name, requestedAt: requestedAt.toISOString() },
    }),
  )
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

/** Takes a backup away: by hand, or because it need not be kept any longer. */
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PoolClient } from 'pg'
import { fail } from '../../../platform/errors.ts'
import type { Hub } from '../../../platform/module.ts'
import { operationsErrors } from '../errors.ts'
import { requireHere } from './backup-zip.ts'
import { lockBackups, removeBackups, type BackupRow } from './backups.repository.ts'
import { isLastGood } from './domain/last-good.ts'

/**
 * @param evenLast also when nothing is left then that could be restored
 * @param alongside in the same transaction
 * @throws AppError `backup.not_found`, `backup.under_way`, `backup.last_good`, `backup.elsewhere`
 */
export async function removeBackup(
  hub: Hub,
  id: string,
  evenLast: boolean,
  alongside: (client: PoolClient, row: BackupRow) => Promise<void>,
): Promise<void> {
  const dropped = await hub.db.transaction(async (client) => {
    // All of them: of two people who take away one each, the second is asked about the last
    const rows = await lockBackups(client)
    const row = rows.find((one) => one.id === id)
    if (!row) throw fail(operationsErrors.backupNotFound, 'There is no such backup')
    if (row.state === 'waiting' || row.state === 'running')
      throw fail(operationsErrors.backupUnderWay, 'The backup is being made')
    if (!evenLast && isLastGood(rows, id))
      throw fail(operationsErrors.backupLast, 'It is the only backup that could be restored')
    await removeBackups(client, [id])
    await alongside(client, row)
    if (row.name === null) return null
    await requireHere(join(hub.config.backupFolder, row.name))
    return hide(hub, id, row.name)
  })
  if (dropped !== null) await rm(dropped, { recursive: true, force: true })
}

/**
 * A folder is gone at once or not at all: it loses its name first. What a process leaves that dies then is swept away
 * with the next backup.
 * @returns what it is called until it is gone
 */
export async function hide({ config }: Hub, id: string, name: string): Promise<string> {
  const hidden = join(config.backupFolder, `.unfinished-${id}-old`)
  await rename(join(config.backupFolder, name), hidden).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  return hidden
}

/** What the worker does: makes a backup that waits, reads one back, serves the schedule, lets old ones go. */
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@courtyard/protocols/contract'
import type { Hub } from '../../../platform/module.ts'
import { elsewhere } from '../../../platform/files/files.ts'
import { notify } from '../../../platform/notify/index.ts'
import { isReason, say, type Reason, type Texts } from '../../../platform/reasons/reason.ts'
import { localTextOf } from '../../../platform/resource/local-time.ts'
import type { OperationsReason } from '../reasons.ts'
import {
  findBackup,
  insertFound,
  insertWaiting,
  installedAt,
  listBackups,
  markCheck,
  markDone,
  markFailed,
  markRunning,
  noteProgress,
  removeBackups,
  removeOldFailures,
  runningBackups,
  type BackupRow,
} from './backups.repository.ts'
import { backupSettings } from './backup-settings.ts'
import { checkBackup } from './check-backup.ts'
import { superfluous } from './domain/retention.ts'
import { currentSlot, isDue } from './domain/slot.ts'
import { backupNames, makeBackup } from './make-backup.ts'
import { filesOf, readManifest } from './manifest.ts'
import { hide } from './remove-backup.ts'
import { noneAlive, Snapshot } from './snapshot.repository.ts'
import { brokenTemplate, failedTemplate } from './templates.ts'

export const MAKE = 'backup.make'
export const CHECK = 'backup.check'
export const LOOK = 'backup.look'
const FAILURES_TOLD_MS = 30 * 86_400_000

/** Makes the backup of this row, if it waits; what goes wrong is written down, told, and not thrown. */
export async function makeWaiting(hub: Hub, id: string, signal: AbortSignal): Promise<void> {
  const snapshot = await Snapshot.open(hub.db.url)
  // Somebody is at one: this row is his
  if (!snapshot) return
  try {
    if (!(await markRunning(hub.db.pool, id, hub.clock.now()))) return
    const row = (await findBackup(hub.db.pool, id))!
    const { passphrase, readBack } = await hub.settings.get(backupSettings)
    const made = await makeBackup({
      ...{ id, slot: row.slot, requestedBy: row.requestedBy, hubVersion: hub.version, passphrase },
      ...{ backupFolder: hub.config.backupFolder, dataFolder: hub.config.dataFolder },
      ...{ masterKey: hub.config.masterKey, snapshot, signal, filesElsewhere: elsewhere(hub.config) },
      progress: (done, total) => {
        noteProgress(hub.db.pool, id, done, total).catch((error: unknown) =>
          hub.log.debug({ err: error }, 'progress of a backup not noted'),
        )
      },
    })
    await markDone(hub.db.pool, id, { ...made, at: hub.clock.now() })
    hub.log.info({ module: 'backup', name: made.name, bytes: made.bytes }, 'backup made')
    if (readBack) await askForCheck(hub, id)
  } catch (error) {
    const fault = signal.aborted ? ({ code: 'backup.interrupted' } as const) : reasonOf(error)
    hub.log.error({ err: error, module: 'backup', id }, 'the backup failed')
    await noteFailure(hub, id, fault)
  } finally {
    await snapshot.close()
  }
  await tidy(hub)
}

export async function askForCheck(hub: Hub, id: string): Promise<void> {
  await hub.db.transaction(async (client) => {
    if (await markCheck(client, id, 'waiting', null, null))
      await hub.jobs.send(CHECK, { id }, { singletonKey: id, client })
  })
}

/** Reads one back. A backup that is broken is told like one that failed. */
export async function checkOne(hub: Hub, id: string, signal: AbortSignal): Promise<void> {
  const row = await findBackup(hub.db.pool, id)
  if (!row || row.name === null) return
  try {
    await checkBackup(join(hub.config.backupFolder, row.name), { signal })
    await markCheck(hub.db.pool, id, 'good', null, hub.clock.now())
  } catch (error) {
    // Tried again by the queue
    if (signal.aborted) throw error
    hub.log.error({ err: error, module: 'backup', name: row.name }, 'the backup does not read back')
    const fault = reasonOf(error)
    await hub.db.transaction(async (client) => {
      await markCheck(client, id, 'bad', fault, hub.clock.now())
      await notify(hub, client, {
        ...{
          template: brokenTemplate.key,
          to: [{ kind: 'roles', roles: ['administrator'] }],
          projectId: null,
        },
        ...{
          variables: await told(hub, row.requestedAt, fault),
          priority: 'urgent',
          link: '/system/backups',
        },
        dedupeKey: `backup.damaged:${id}:${hub.clock.now().toISOString().slice(0, 10)}`,
      })
    })
  }
}

/** Serves the schedule; called every few minutes. */
export async function look(hub: Hub): Promise<void> {
  if (await noneAlive(hub.db.pool)) {
    for (const id of await runningBackups(hub.db.pool))
      await noteFailure(hub, id, { code: 'backup.interrupted' })
  }
  await adoptFolder(hub)
  const { enabled, at, timeZone } = await hub.settings.get(backupSettings)
  if (!enabled) return
  const now = hub.clock.now()
  const slot = currentSlot(localTextOf(now.toISOString(), timeZone), at)
  const tries = (await listBackups(hub.db.pool)).filter((row) => row.slot === slot)
  const since = localTextOf((await installedAt(hub.db.pool)).toISOString(), timeZone)
  const made = tries.map(({ state, requestedAt }) => ({ state, atMs: requestedAt.getTime() }))
  if (isDue(slot, made, since, now.getTime())) await request(hub, { slot, by: 'schedule' })
}

/** @returns its id; null when one is under way, or the slot is served */
export async function request(
  hub: Hub,
  { slot, by }: { slot: string | null; by: string },
  alongside: (
    client: Parameters<Parameters<Hub['db']['transaction']>[0]>[0],
    id: string,
  ) => Promise<void> = async () => undefined,
): Promise<string | null> {
  const id = randomUUID()
  return hub.db.transaction(async (client) => {
    const row = { id, slot, by, at: hub.clock.now(), hubVersion: hub.version }
    if (!(await insertWaiting(client, row))) return null
    await hub.jobs.send(MAKE, { id }, { singletonKey: id, client })
    await alongside(client, id)
    return id
  })
}

/** The folder is the truth: what lies there is listed, what is gone is not. */
export async function adoptFolder(hub: Hub): Promise<void> {
  const { backupFolder } = hub.config
  const rows = await listBackups(hub.db.pool)
  const names = new Set(await backupNames(backupFolder))
  const known = new Set(rows.map(({ name }) => name))
  for (const name of names) {
    if (known.has(name)) continue
    const manifest = await readManifest(join(backupFolder, name)).catch(() => null)
    if (!manifest) continue
    const bytes = filesOf(manifest).reduce((sum, file) => sum + file.bytes, 0)
    const found = { name, manifest, bytes, at: new Date(manifest.takenAt) }
    await hub.db.transaction((client) => insertFound(client, found))
  }
  const gone = rows.filter(({ state, name }) => state === 'done' && name !== null && !names.has(name))
  await removeBackups(
    hub.db.pool,
    gone.map(({ id }) => id),
  )
}

/** Lets those go that are not to be kept. */
async function tidy(hub: Hub): Promise<void> {
  const { keepDaily, keepWeekly, timeZone } = await hub.settings.get(backupSettings)
  const now = hub.clock.now()
  const done = (await listBackups(hub.db.pool)).filter(isDone)
  const kept = done.map(({ id, slot, requestedAt }) => ({
    ...{ id, byHand: slot === null, atMs: requestedAt.getTime() },
    day: localTextOf(requestedAt.toISOString(), timeZone).slice(0, 10),
  }))
  const ids = superfluous(kept, { daily: keepDaily, weekly: keepWeekly }, now.getTime())
  for (const { id, name } of done.filter((row) => ids.includes(row.id))) {
    const dropped = await hide(hub, id, name)
    await removeBackups(hub.db.pool, [id])
    await rm(dropped, { recursive: true, force: true })
    hub.log.info({ module: 'backup', name }, 'old backup removed')
  }
  await removeOldFailures(hub.db.pool, new Date(now.getTime() - FAILURES_TOLD_MS))
}

const isDone = (row: BackupRow): row is BackupRow & { name: string } =>
  row.state === 'done' && row.name !== null

/** Into the bell of administrators, once per backup. */
async function noteFailure(hub: Hub, id: string, fault: Reason): Promise<void> {
  await hub.db.transaction(async (client) => {
    const row = await findBackup(client, id)
    if (!row || !(await markFailed(client, id, fault, hub.clock.now()))) return
    await notify(hub, client, {
      ...{ template: failedTemplate.key, to: [{ kind: 'roles', roles: ['administrator'] }], projectId: null },
      ...{ variables: await told(hub, row.requestedAt, fault), priority: 'urgent', link: '/system/backups' },
      dedupeKey: `backup.failed:${id}`,
    })
  })
}

async function told(hub: Hub, at: Date, fault: Reason): Promise<{ at: string; fault: Texts }> {
  const { timeZone } = await hub.settings.get(backupSettings)
  return {
    at: localTextOf(at.toISOString(), timeZone).slice(0, 16),
    fault: { zh: say(fault, 'zh'), en: say(fault, 'en') },
  }
}

/** In words for people; what has none is said as the program said it. */
export function reasonOf(error: unknown): Reason {
  if (error instanceof AppError) {
    const reason: unknown = error.details?.['reason']
    if (isReason(reason)) return reason
  }
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code === 'ENOSPC' || code === 'EDQUOT') return { code: 'backup.disk_full' } satisfies OperationsReason
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return { code: 'backup.no_access' } satisfies OperationsReason
  const fault = error instanceof Error ? error.message : String(error)
  return { code: 'backup.fault', fault } satisfies OperationsReason
}

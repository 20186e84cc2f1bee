/**
 * Moves old readings into archives: a file per project, kind and UTC day. A day is one transaction: its rows are locked,
 * written, read back from the file, taken out, and the file gets its name right before the commit. Killed at any moment,
 * a reading is in the database or in a file with a name, or in both; the next run goes on with what is left.
 */
import { randomUUID } from 'node:crypto'
import type { Hub } from '../../../platform/module.ts'
import { fail } from '../../../platform/errors.ts'
import type { Reason } from '../../../platform/reasons/reason.ts'
import { instantOfCell, localTextOf } from '../../../platform/resource/local-time.ts'
import { reasonOf } from '../backup/backup-work.ts'
import { operationsErrors } from '../errors.ts'
import type { OperationsReason } from '../reasons.ts'
import {
  archiveFolder,
  readArchive,
  writeArchive,
  type ArchiveManifest,
  type WrittenArchive,
} from './archive-file.ts'
import {
  deleteBlocks,
  emptyBatches,
  insertArchive,
  lockArchive,
  lockArchiving,
  markRestored,
  moveHorizon,
  noteRun,
  projectsToArchive,
  putBatchBack,
  putBlocksBack,
  type ArchivedProject,
  type ArchiveRow,
} from './archives.repository.ts'
import { firstDayKept } from './domain/cutoff.ts'
import {
  batchesOf,
  blocksOf,
  daysOf,
  lockBatches,
  lockBlocks,
  noteSpared,
  sizeOf,
  sparedBy,
  type ArchivedBatch,
  type ArchivedBlock,
  type ArchiveKind,
  type Cut,
  type CutSize,
  type Spared,
} from './plan.repository.ts'
import { retentionSettings } from './retention-settings.ts'

type Client = Parameters<typeof lockArchive>[0]

/** What was put back stays this long. */
const RESTORED_STAYS_MS = 30 * 86_400_000

export interface PlannedCut extends Cut {
  /** The first day that stays, of the project. */
  readonly day: string
}

/** Null where everything is kept for ever. */
export async function cutOf(
  hub: Pick<Hub, 'settings' | 'clock'>,
  project: ArchivedProject,
  kind: ArchiveKind,
): Promise<PlannedCut | null> {
  const { readingsMonths, batchesMonths, billYears } = await hub.settings.get(retentionSettings, project.id)
  const months = kind === 'readings' ? readingsMonths : batchesMonths
  if (months === null) return null
  const now = hub.clock.now()
  const today = localTextOf(now.toISOString(), project.timeZone).slice(0, 10)
  const day = firstDayKept(today, months)
  const billsSince = new Date(now)
  billsSince.setUTCFullYear(now.getUTCFullYear() - billYears)
  return {
    ...{ projectId: project.id, kind, day, billsSince },
    before: new Date(instantOfCell(`${day} 00:00`, project.timeZone)!),
    restoredSince: new Date(now.getTime() - RESTORED_STAYS_MS),
  }
}

/** What a run would move; changes nothing. */
export async function planOf(hub: Hub, cut: Cut): Promise<CutSize & { keptForBills: number }> {
  return hub.db.transaction(async (client) => {
    const spared = await sparedBy(client, cut)
    await noteSpared(client, spared)
    return { ...(await sizeOf(client, cut)), keptForBills: spared.days.length + spared.batches.length }
  })
}

/** All projects, or one. What goes wrong with one is noted there and does not keep the others waiting. */
export async function archiveAll(hub: Hub, projectId: string | null, signal: AbortSignal): Promise<void> {
  for (const project of await projectsToArchive(hub.db.pool, projectId)) {
    const cuts = [await cutOf(hub, project, 'readings'), await cutOf(hub, project, 'batches')]
    const wanted = cuts.filter((cut) => cut !== null)
    if (wanted.length === 0 || signal.aborted) continue
    let fault: Reason | null = null
    try {
      for (const cut of wanted) fault ??= await archiveCut(hub, project, cut, signal)
    } catch (error) {
      // Begun again by the queue
      if (signal.aborted) throw error
      hub.log.error({ err: error, module: 'archive', project: project.code }, 'old readings not archived')
      fault = reasonOf(error)
    }
    await noteRun(hub.db.pool, project.id, hub.clock.now(), fault)
  }
}

/** @returns why it could not begin */
async function archiveCut(
  hub: Hub,
  project: ArchivedProject,
  cut: PlannedCut,
  signal: AbortSignal,
): Promise<OperationsReason | null> {
  const { days, spared } = await hub.db.transaction(async (client) => {
    const left = await sparedBy(client, cut)
    await noteSpared(client, left)
    return { days: await daysOf(client, cut), spared: left }
  })
  if (days.length === 0) return null
  if (cut.kind === 'readings') {
    const horizon = { instant: cut.before, day: cut.day }
    const free = await hub.db.transaction((client) => moveHorizon(client, project.id, horizon))
    if (!free) return { code: 'archive.usage_pending' }
  }
  let rows = 0
  for (const day of days) {
    signal.throwIfAborted()
    rows += await archiveDay(hub, project, { cut, spared, day })
  }
  hub.log.info(
    { module: 'archive', project: project.code, kind: cut.kind, days: days.length, rows },
    'archived',
  )
  return null
}

interface DayTask {
  readonly cut: Cut
  readonly spared: Spared
  /** UTC. */
  readonly day: string
}

/** @returns rows that went @throws AppError `archive.under_way` when another process is at it */
export async function archiveDay(
  hub: Pick<Hub, 'db' | 'clock' | 'config' | 'version'>,
  project: ArchivedProject,
  task: DayTask,
): Promise<number> {
  let written: WrittenArchive | null = null
  try {
    return await hub.db.transaction(async (client) => {
      if (!(await lockArchiving(client)))
        throw fail(operationsErrors.archiveUnderWay, 'Another process is archiving')
      await noteSpared(client, task.spared)
      const { rows, remove } = await takeOut(client, task)
      const { id, code, name } = project
      const facts = {
        ...{ id: randomUUID(), kind: task.cut.kind, project: { id, code, name }, day: task.day },
        ...{ archivedAt: hub.clock.now().toISOString(), hubVersion: hub.version },
      }
      written = await writeArchive(archiveFolder(hub.config.dataFolder), facts, rows, readingsIn)
      if (!written) return 0
      await insertArchive(client, rowOf(written))
      const gone = await remove(facts.id)
      if (gone !== written.manifest.rows)
        throw new Error(`${task.day}: ${written.manifest.rows} rows written, ${gone} taken out`)
      await written.publish()
      return gone
    })
  } catch (error) {
    await (written as WrittenArchive | null)?.discard()
    throw error
  }
}

interface Taken {
  readonly rows: AsyncIterable<ArchivedBlock | ArchivedBatch>
  /** @returns how many went */
  readonly remove: (archiveId: string) => Promise<number>
}

async function takeOut(client: Client, { cut, day }: DayTask): Promise<Taken> {
  if (cut.kind === 'readings') {
    const keys = await lockBlocks(client, cut, day)
    return { rows: blocksOf(client, keys), remove: () => deleteBlocks(client, keys) }
  }
  const ids = await lockBatches(client, cut, day)
  return { rows: batchesOf(client, ids), remove: (archiveId) => emptyBatches(client, archiveId, ids) }
}

function readingsIn(row: ArchivedBlock | ArchivedBatch): number {
  return 'offsets' in row ? row.offsets.length : row.readings
}

function rowOf({ manifest, file }: { manifest: ArchiveManifest; file: string }) {
  const { id, kind, project, day, rows, readings, bytes, sha256, archivedAt } = manifest
  return {
    ...{ id, kind, day, rows, sha256, file, projectId: project.id, archivedAt: new Date(archivedAt) },
    ...{ readings: String(readings), bytes: String(bytes) },
  }
}

/**
 * Puts the rows of an archive back, all or none. The file stays.
 * @throws AppError `archive.not_found`, `archive.state`, `archive.broken`
 */
export async function restoreArchive(
  hub: Pick<Hub, 'db' | 'clock' | 'config'>,
  id: string,
  alongside: (client: Client, row: ArchiveRow) => Promise<void> = async () => undefined,
): Promise<void> {
  await hub.db.transaction(async (client) => {
    const row = await lockArchive(client, id)
    if (!row) throw fail(operationsErrors.archiveNotFound, 'There is no such archive')
    if (row.state !== 'archived')
      throw fail(operationsErrors.archiveState, 'What is in this archive is in the database already')
    const rows = readArchive(archiveFolder(hub.config.dataFolder), row.file, row)
    const back =
      row.kind === 'readings'
        ? await putBlocksBack(client, rows as AsyncIterable<ArchivedBlock>)
        : await putBatchesBack(client, id, rows as AsyncIterable<ArchivedBatch>)
    if (back !== row.rows)
      throw fail(operationsErrors.archiveBroken, `${back} of ${row.rows} rows could be put back`)
    await markRestored(client, id, hub.clock.now())
    await alongside(client, row)
  })
}

async function putBatchesBack(
  client: Client,
  id: string,
  batches: AsyncIterable<ArchivedBatch>,
): Promise<number> {
  let back = 0
  for await (const batch of batches) back += await putBatchBack(client, id, batch)
  return back
}

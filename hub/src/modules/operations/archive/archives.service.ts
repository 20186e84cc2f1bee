import type { ArchivePlan, RouteResponse, TelemetryArchive } from '@courtyard/protocols/contract'
import type { Audit } from '../../../platform/audit/audit.ts'
import { inWholeProject, type CurrentUser } from '../../../platform/auth/user.ts'
import { fail } from '../../../platform/errors.ts'
import type { Hub } from '../../../platform/module.ts'
import type { Reason } from '../../../platform/reasons/reason.ts'
import { operationsErrors } from '../errors.ts'
import {
  findArchive,
  listArchives,
  projectsToArchive,
  runState,
  type ArchiveRow,
} from './archives.repository.ts'
import { cutOf, planOf, restoreArchive } from './archive-work.ts'
import { retentionSettings } from './retention-settings.ts'

export const RUN = 'archive.run'
const PERMISSION = 'archive.manage'

interface Actor {
  readonly user: CurrentUser
  readonly audit: Audit
}

export async function archivesOf(
  hub: Hub,
  say: (reason: Reason) => string,
  { projectId, page, pageSize }: { projectId: string; page: number; pageSize: number },
): Promise<RouteResponse<'GET /api/archives'>> {
  const { items, total, bytes } = await listArchives(hub.db.pool, projectId, { page, pageSize })
  const { readingsFrom, lastRunAt, fault } = await runState(hub.db.pool, projectId)
  const { billYears } = await hub.settings.get(retentionSettings, projectId)
  return {
    ...{ items: items.map(viewOf), total, page, pageSize, bytes: Number(bytes), billYears },
    readingsFrom: readingsFrom?.toISOString() ?? null,
    lastRunAt: lastRunAt?.toISOString() ?? null,
    fault: fault === null ? null : say(fault),
  }
}

export async function plansOf(hub: Hub, projectId: string): Promise<ArchivePlan[]> {
  const [project] = await projectsToArchive(hub.db.pool, projectId)
  if (!project) return []
  const { readingsMonths, batchesMonths } = await hub.settings.get(retentionSettings, projectId)
  return Promise.all(
    (['readings', 'batches'] as const).map(async (kind): Promise<ArchivePlan> => {
      const months = kind === 'readings' ? readingsMonths : batchesMonths
      const cut = await cutOf(hub, project, kind)
      if (!cut) return { kind, months, ...NOTHING }
      const { rows, readings, bytes, ...rest } = await planOf(hub, cut)
      return {
        ...{ kind, months, before: cut.day, ...rest },
        ...{ rows: Number(rows), readings: Number(readings), bytes: Number(bytes) },
      }
    }),
  )
}

const NOTHING = {
  ...{
    before: null,
    days: 0,
    firstDay: null,
    lastDay: null,
    rows: 0,
    readings: 0,
    bytes: 0,
    keptForBills: 0,
  },
}

/** Queued with the entry in the audit trail; one that waits already is enough. */
export async function runNow(hub: Hub, { audit }: Actor, projectId: string): Promise<void> {
  await hub.db.transaction(async (client) => {
    await audit(client, { action: 'archive.run', entity: 'archive', projectId })
    await hub.jobs.send(RUN, { projectId }, { singletonKey: projectId, client })
  })
}

/** @throws AppError `archive.not_found`, `archive.state`, `archive.broken` */
export async function restoreNow(hub: Hub, { user, audit }: Actor, id: string): Promise<TelemetryArchive> {
  const row = await findArchive(hub.db.pool, id)
  if (!row || !inWholeProject(user, row.projectId, PERMISSION))
    throw fail(operationsErrors.archiveNotFound, 'There is no such archive')
  await restoreArchive(hub, id, (client) =>
    audit(client, {
      ...{ action: 'archive.restore', entity: 'archive', entityId: id, projectId: row.projectId },
      after: { kind: row.kind, day: row.day, rows: row.rows },
    }),
  )
  return viewOf((await findArchive(hub.db.pool, id))!)
}

function viewOf(row: ArchiveRow): TelemetryArchive {
  const { id, kind, day, state, file, rows, sha256 } = row
  return {
    ...{ id, kind, day, state, file, rows, sha256 },
    readings: Number(row.readings),
    bytes: Number(row.bytes),
    archivedAt: row.archivedAt.toISOString(),
    restoredAt: row.restoredAt?.toISOString() ?? null,
  }
}

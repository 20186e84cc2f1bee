import * as z from 'zod'
import { requireWholeProject } from '../../../platform/auth/user.ts'
import { route } from '../../../platform/http/route.ts'
import type { Hub, HubApp } from '../../../platform/module.ts'
import { archiveAll } from './archive-work.ts'
import { archivesOf, plansOf, restoreNow, RUN, runNow } from './archives.service.ts'

const manage = { permission: 'archive.manage' } as const
const Run = z.object({ projectId: z.uuid().nullable().default(null) })

export function addArchiveRoutes(app: HubApp): void {
  route(app, 'GET /api/archives', manage, ({ hub, user, query, say }) => {
    requireWholeProject(user, query.projectId, manage.permission)
    return archivesOf(hub, say, query)
  })
  route(app, 'GET /api/archives/plan', { ...manage, perMinute: 30 }, ({ hub, user, query }) => {
    requireWholeProject(user, query.projectId, manage.permission)
    return plansOf(hub, query.projectId)
  })
  route(app, 'POST /api/archives/run', manage, async ({ hub, user, audit, body }) => {
    requireWholeProject(user, body.projectId, manage.permission)
    await runNow(hub, { user, audit }, body.projectId)
    return { ok: true as const }
  })
  route(app, 'POST /api/archives/:id/restore', manage, ({ hub, user, audit, params }) =>
    restoreNow(hub, { user, audit }, params.id),
  )
}

export async function startArchiveJobs(hub: Hub): Promise<void> {
  await hub.jobs.work(RUN, Run, ({ projectId }, { signal }) => archiveAll(hub, projectId, signal), {
    expireInSeconds: 12 * 3_600,
  })
  // In the night of China, an hour after the backup
  await hub.jobs.schedule(RUN, '40 19 * * *')
}

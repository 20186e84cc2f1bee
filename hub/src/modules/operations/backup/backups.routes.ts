import * as z from 'zod'
import { idParams } from '@courtyard/protocols/contract'
import { fileRoute } from '../../../platform/http/file-route.ts'
import { route } from '../../../platform/http/route.ts'
import type { Hub, HubApp } from '../../../platform/module.ts'
import { requireEverywhere } from '../everywhere.ts'
import { CHECK, checkOne, look, LOOK, MAKE, makeWaiting } from './backup-work.ts'
import { backUpNow, checkNow, deleteBackup, downloadOf, overviewOf } from './backups.service.ts'

const manage = { permission: 'backup.manage' } as const
const Named = z.object({ id: z.uuid() })
const HOURS = 3_600

export function addBackupRoutes(app: HubApp): void {
  route(app, 'GET /api/backups', manage, ({ hub, user, say }) => {
    requireEverywhere(user, manage.permission)
    return overviewOf(hub, say)
  })
  route(app, 'POST /api/backups', manage, ({ hub, user, audit, say }) => {
    requireEverywhere(user, manage.permission)
    return backUpNow(hub, { user, audit, say })
  })
  route(app, 'POST /api/backups/:id/check', manage, ({ hub, user, audit, say, params }) => {
    requireEverywhere(user, manage.permission)
    return checkNow(hub, { user, audit, say }, params.id)
  })
  route(
    app,
    'DELETE /api/backups/:id',
    { ...manage, ownWord: true },
    async ({ hub, user, audit, params, query }) => {
      requireEverywhere(user, manage.permission)
      await deleteBackup(hub, { audit }, params.id, query.evenLast)
      return { ok: true as const }
    },
  )
  const contract = {
    summary: 'A backup as one zip, its folder inside',
    params: idParams,
    response: z.any(),
  }
  // Also for keys: that is how copies get to another place
  fileRoute(app, 'GET /api/backups/:id/download', contract, manage, ({ hub, user, audit, params }) => {
    requireEverywhere(user, manage.permission)
    return downloadOf(hub, { audit }, (params as z.output<typeof idParams>).id)
  })
}

export async function startBackupJobs(hub: Hub): Promise<void> {
  await hub.jobs.work(MAKE, Named, ({ id }, { signal }) => makeWaiting(hub, id, signal), {
    expireInSeconds: 24 * HOURS,
  })
  await hub.jobs.work(CHECK, Named, ({ id }, { signal }) => checkOne(hub, id, signal), {
    expireInSeconds: 24 * HOURS,
  })
  await hub.jobs.work(LOOK, z.object({}), () => look(hub))
  await hub.jobs.schedule(LOOK, '*/5 * * * *')
}

/** Files that belong to records. */
import * as z from 'zod'
import type { Hub, HubModule } from '../../platform/module.ts'
import { addAttachmentRoutes } from './attachments.routes.ts'
import './source.ts'
import { sweepAttachments } from './sweep.service.ts'

export const attachmentsModule: HubModule = { name: 'attachments', routes: addAttachmentRoutes, start }

const SWEEP_JOB = 'attachments.sweep'

async function start(hub: Hub): Promise<void> {
  await hub.jobs.work(SWEEP_JOB, z.object({}), (_data, { signal }) => sweepAttachments(hub, signal))
  if (hub.roles.has('worker')) await hub.jobs.schedule(SWEEP_JOB, '17 * * * *')
}

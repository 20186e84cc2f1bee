/** What owners, tenants and their families see of their rooms on a phone. */
import * as z from 'zod'
import type { HubModule } from '../../platform/module.ts'
import { announcement } from './announcement.resource.ts'
import { removeOld } from './codes.repository.ts'
import { officeContact } from './office-contact.resource.ts'
import { addPortalRoutes } from './portal.routes.ts'
import './errors.ts'
import './messages.ts'
import './reasons.ts'

const CLEAN_JOB = 'portal.clean'

export const portalModule: HubModule = {
  name: 'portal',
  resources: [announcement, officeContact],
  routes: addPortalRoutes,
  async start(hub) {
    await hub.jobs.work(CLEAN_JOB, z.object({}), () => removeOld(hub.db.pool, hub.clock.now()))
    if (hub.roles.has('worker')) await hub.jobs.schedule(CLEAN_JOB, '40 19 * * *')
  },
}

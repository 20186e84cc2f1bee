/** Processes for people: what waits for whom, what runs, and how it is defined. */
import * as z from 'zod'
import type { Hub, HubApp, HubModule } from '../../platform/module.ts'
import { fireDueTimers } from '../../platform/workflow/timers.ts'
import { addDefinitionRoutes } from './definitions.routes.ts'
import { seedDefinitions } from './definitions.service.ts'
import './permissions.ts'
import { addProcessRoutes } from './processes.routes.ts'
import './request.subject.ts'
import { addTaskRoutes } from './tasks.routes.ts'

export { newestProcessAbout } from './process-view.ts'

export const workflowModule: HubModule = { name: 'workflow', routes, start }

const DEADLINES = 'workflow.deadlines'

function routes(app: HubApp): void {
  addTaskRoutes(app)
  addProcessRoutes(app)
  addDefinitionRoutes(app)
}

async function start(hub: Hub): Promise<void> {
  await seedDefinitions(hub)
  await hub.jobs.work(DEADLINES, z.object({}), async () => void (await fireDueTimers(hub)))
  if (hub.roles.has('worker')) await hub.jobs.schedule(DEADLINES, '* * * * *')
}

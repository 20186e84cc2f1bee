/** Reminders: what is due in the records of all modules, by rules that people edit. */
import * as z from 'zod'
import type { Hub, HubModule } from '../../platform/module.ts'
import { LOOK_JOB, remindSoon } from '../../platform/reminders/source.ts'
import { localTextOf } from '../../platform/resource/local-time.ts'
import { dayBegins } from './domain/when.ts'
import { lookThrough } from './look.service.ts'
import './permissions.ts'
import './reasons.ts'
import { projectsToLookAt } from './reminders.repository.ts'
import { addReminderRoutes } from './reminders.routes.ts'
import { seedRules } from './rules.service.ts'
import './sources.repository.ts'

export const remindersModule: HubModule = { name: 'reminders', routes: addReminderRoutes, start }

const DAY_JOB = 'reminders.day'

async function start(hub: Hub): Promise<void> {
  await seedRules(hub)
  await hub.jobs.work(LOOK_JOB, z.object({ projectId: z.uuid() }), async ({ projectId }, { signal }) => {
    const [project] = await projectsToLookAt(hub.db.pool, projectId)
    if (project) await lookThrough(hub, project, signal)
  })
  await hub.jobs.work(DAY_JOB, z.object({}), () => beginDay(hub))
  if (hub.roles.has('worker')) await hub.jobs.schedule(DAY_JOB, '*/10 * * * *')
}

/** Projects in which the hour has come and that were not looked through today. */
async function beginDay(hub: Hub): Promise<void> {
  for (const project of await projectsToLookAt(hub.db.pool, null)) {
    const local = localTextOf(hub.clock.now().toISOString(), project.timeZone)
    if (dayBegins(local, project.lastDay)) await remindSoon(hub, project.id)
  }
}

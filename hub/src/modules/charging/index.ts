/** Tariffs, rating and bill runs. Other modules import nothing but this file. */
import * as z from 'zod'
import type { HubModule } from '../../platform/module.ts'
import { COMPUTE_JOB } from './bill-run.service.ts'
import { computingRuns } from './bill-runs.repository.ts'
import { chargingRoutes } from './charging.routes.ts'
import { computeRun } from './compute-run.ts'
import './charging.search.ts'
import './permissions.ts'
import './reasons.ts'
import './webhook-events.ts'

export { findBill } from './bills.repository.ts'
export { billPrint, printedBill } from './bill-print.ts'
export { openBills, type OpenBills } from './open-bills.repository.ts'

const RESUME_JOB = 'charging.resume'

export const chargingModule: HubModule = {
  name: 'charging',
  routes: chargingRoutes,
  async start(hub) {
    const log = hub.log.child({ module: 'charging' })
    await hub.jobs.work(COMPUTE_JOB, z.object({ runId: z.uuid() }), ({ runId }, { signal }) =>
      computeRun(hub, log, runId, signal),
    )
    // A run whose worker was killed is still `computing`; one that is being computed is skipped by its lock
    const resume = async () => {
      for (const runId of await computingRuns(hub.db.pool)) await hub.jobs.send(COMPUTE_JOB, { runId })
    }
    await hub.jobs.work(RESUME_JOB, z.object({}), resume)
    if (!hub.roles.has('worker')) return
    await hub.jobs.schedule(RESUME_JOB, '* * * * *')
    await resume()
  },
}

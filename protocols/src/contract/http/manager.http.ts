import * as z from 'zod'
import { Medium } from '../telemetry.ts'
import { Day, DecimalText, Id, Instant, type RouteTable } from './route.ts'

const Count = z.number().int()

/** A project at a glance. What the reader may not see of it is null. */
export const ManagedProject = z.object({
  id: Id,
  code: z.string(),
  name: z.string(),
  gateways: z.object({ total: Count, online: Count }).nullable(),
  devices: z.object({ total: Count, online: Count, offline: Count }).nullable(),
  /** What needs a person, by kind; kinds without a case are left out. */
  attention: z.array(
    z.object({
      kind: z.enum(['gatewaysOffline', 'devicesOffline', 'usageHeld', 'quarantine']),
      count: Count,
    }),
  ),
  /** Of the top meters (site total, else the sum of the building totals, else of all), by medium. */
  energy: z.array(
    z.object({
      medium: Medium,
      unit: z.string(),
      today: DecimalText.nullable(),
      yesterday: DecimalText.nullable(),
      /** Fifteen days, today at the end; null while nothing is known of a day. */
      days: z.array(z.object({ day: Day, usage: DecimalText.nullable() })),
    }),
  ),
  /** Issued bills that are not paid; payments are not recorded yet, so that is all of them. */
  receivable: z.object({ amount: DecimalText, bills: Count, thisMonth: DecimalText }).nullable(),
  /** Null: no payments are recorded. Not zero. */
  received: z.object({ amount: DecimalText }).nullable(),
  work: z.object({
    commandsAwaiting: Count.nullable(),
    handovers: Count.nullable(),
    tasks: Count.nullable(),
    metersToRead: Count.nullable(),
  }),
})
export type ManagedProject = z.infer<typeof ManagedProject>

export const ManagerPage = z.object({
  at: Instant,
  /** Of the hub: a screen that shows an older one loads itself anew. */
  version: z.string(),
  projects: z.array(ManagedProject),
})
export type ManagerPage = z.infer<typeof ManagerPage>

export const managerRoutes = {
  'GET /api/manager': { summary: 'All projects of the person at a glance', response: ManagerPage },
} as const satisfies RouteTable

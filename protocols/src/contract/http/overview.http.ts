import * as z from 'zod'
import { Label, Medium } from '../telemetry.ts'
import { DecimalText, Id, Instant, Month, type RouteTable } from './route.ts'

export const Attention = z.object({
  severity: z.enum(['fault', 'attention']),
  /** Stable code with values for the sentence, such as `deviceOffline` { name }. */
  code: z.enum([
    'gatewayOffline',
    'deviceOffline',
    'readingsLost',
    'quarantine',
    'usageHeld',
    'usageJump',
    'usageGap',
    'backlog',
    'runNotIssued',
    'commandsAwaiting',
    'configRefused',
    'certificateEnding',
    'clockUntrusted',
  ]),
  values: z.record(z.string(), z.string()),
  /** Page of the console that shows it. */
  href: z.string(),
  since: Instant.nullable(),
})

export const Overview = z.object({
  at: Instant,
  gateways: z.object({ total: z.number().int(), online: z.number().int() }),
  devices: z.object({
    total: z.number().int(),
    online: z.number().int(),
    degraded: z.number().int(),
    offline: z.number().int(),
  }),
  lastReadingAt: Instant.nullable(),
  /** Readings stored since midnight of the project. */
  readingsToday: z.number().int(),
  /** Of the top meters (site total, else the sum of the building totals, else of all), by medium. */
  energy: z.array(
    z.object({
      medium: Medium,
      unit: z.string(),
      today: DecimalText,
      /** Yesterday up to the same time of day. */
      yesterdaySoFar: DecimalText.nullable(),
      yesterday: DecimalText.nullable(),
      /** By hour of the local day; null where not known. */
      todayByHour: z.array(DecimalText.nullable()),
      yesterdayByHour: z.array(DecimalText.nullable()),
    }),
  ),
  /** Electricity of today by role: households, shops, lifts …, largest first. */
  byRole: z.array(z.object({ role: z.string(), usage: DecimalText })),
  bills: z.array(
    z.object({
      month: Month,
      item: Label,
      issued: z.number().int(),
      amount: DecimalText,
      runId: Id.nullable(),
    }),
  ),
  attention: z.array(Attention),
})
export type Overview = z.infer<typeof Overview>

export const overviewRoutes = {
  'GET /api/overview': {
    summary: 'Everything at a glance',
    query: z.object({ projectId: Id }),
    response: Overview,
  },
} as const satisfies RouteTable

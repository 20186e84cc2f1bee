/** Events of devices: doors, punches, vehicles, alarms. */
import * as z from 'zod'
import { DeviceEvent, EventType } from '../events.ts'
import { Id, Instant, type RouteTable } from './route.ts'

export const StoredEvent = z.object({
  id: z.string(),
  projectId: Id,
  gatewayId: Id,
  deviceId: Id.nullable(),
  deviceName: z.string(),
  at: Instant,
  receivedAt: Instant,
  /** The batch that brought it: its evidence, `GET /api/batches/:batchId`. */
  batchId: z.string(),
  event: DeviceEvent,
})
export type StoredEvent = z.infer<typeof StoredEvent>

export const EventsPage = z.object({
  items: z.array(StoredEvent),
  /** Hand it back as `cursor` for what is older; null at the end. */
  nextCursor: z.string().nullable(),
})

export const eventsRoutes = {
  'GET /api/events': {
    summary: 'Events, newest first',
    query: z.object({
      projectId: Id.optional(),
      deviceId: Id.optional(),
      type: EventType.optional(),
      from: Instant.optional(),
      to: Instant.optional(),
      /** Person, card, plate, door or alarm code. */
      q: z.string().trim().max(100).optional(),
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    response: EventsPage,
  },
  'GET /api/events/summary': {
    summary: 'Counts per type and day of the last days',
    query: z.object({ projectId: Id.optional(), days: z.coerce.number().int().min(1).max(31).default(7) }),
    response: z.array(z.object({ day: z.string(), type: EventType, count: z.number().int() })),
  },
} as const satisfies RouteTable

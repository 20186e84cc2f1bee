import * as z from 'zod'
import { EventType } from '../events.ts'
import { DeviceState, EnrolRequest, EnrolResponse, Label, Medium, PointKind } from '../telemetry.ts'
import { DecimalText, Id, Instant, PageQuery, idParams, pageOf, type RouteTable } from './route.ts'

export const GatewayState = z.enum(['awaitingEnrolment', 'online', 'offline', 'revoked'])

export const Gateway = z.object({
  id: Id,
  projectId: Id,
  name: z.string(),
  state: GatewayState,
  lastSeenAt: Instant.nullable(),
  enrolledAt: Instant.nullable(),
  agentVersion: z.string().nullable(),
  devices: z.object({
    total: z.number().int(),
    online: z.number().int(),
    degraded: z.number().int(),
    offline: z.number().int(),
  }),
  outbox: z
    .object({
      readings: z.number().int(),
      bytes: z.number().int(),
      oldestAt: Instant.nullable(),
      droppedReadings: z.number().int(),
    })
    .nullable(),
  buses: z.array(
    z.object({
      key: z.string(),
      driver: z.string(),
      address: z.string(),
      connected: z.boolean(),
      load: z.number(),
      missedDeadlines: z.number().int(),
    }),
  ),
  /** Periods for which the gateway had to throw readings away. */
  lostReadings: z.number().int(),
})
export type Gateway = z.infer<typeof Gateway>

export const GatewayToken = z.object({ gateway: Gateway, token: z.string(), expiresAt: Instant })

/** A value as people read it; null when the quality says that there is none. */
export const PointValue = z.object({
  pointId: z.number().int(),
  at: Instant,
  value: DecimalText.nullable(),
  quality: z.number().int(),
})
export type PointValue = z.infer<typeof PointValue>

export const Point = z.object({
  id: z.number().int(),
  key: z.string(),
  label: Label,
  kind: PointKind,
  code: z.string(),
  unit: z.string(),
  scale: z.number().int(),
  intervalMs: z.number().int(),
  latest: PointValue.nullable(),
})
export type Point = z.infer<typeof Point>

export const Device = z.object({
  id: Id,
  gatewayId: Id,
  key: z.string(),
  name: z.string(),
  profile: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  medium: Medium,
  driver: z.string(),
  bus: z.string(),
  address: z.string(),
  serial: z.string().nullable(),
  state: DeviceState,
  lastGoodAt: Instant.nullable(),
  latencyMs: z.number().nullable(),
  requests: z.number().int(),
  errors: z.number().int(),
  message: z.string().nullable(),
  /** No longer in the gateway's catalogue. */
  removed: z.boolean(),
  meteringPoint: z.object({ id: Id, code: z.string(), name: z.string() }).nullable(),
})
export type Device = z.infer<typeof Device>

export const DeviceDetail = Device.extend({ points: z.array(Point) })
export type DeviceDetail = z.infer<typeof DeviceDetail>

/**
 * Columns of equal length. When thinned, each bucket gives its first, lowest, highest and last reading, so
 * peaks survive; a null value is a gap and is drawn as one.
 */
export const History = z.object({
  pointId: z.number().int(),
  unit: z.string(),
  scale: z.number().int(),
  thinned: z.boolean(),
  /** Milliseconds since the epoch. */
  at: z.array(z.number()),
  value: z.array(DecimalText.nullable()),
  quality: z.array(z.number().int()),
})
export type History = z.infer<typeof History>

export const QuarantineEntry = z.object({
  id: z.string(),
  projectId: Id.nullable(),
  gatewayId: Id.nullable(),
  gatewayName: z.string().nullable(),
  receivedAt: Instant,
  topic: z.string(),
  code: z.string(),
  reason: z.string(),
  /** Set when one series of a batch is held; null otherwise. */
  point: z.string().nullable(),
  /** Set when events of one device of a batch are held; null otherwise. */
  device: z.string().nullable(),
  /** The device of that series or those events; null when the hub does not know it. */
  deviceId: Id.nullable(),
  deviceName: z.string().nullable(),
  readings: z.number().int(),
  events: z.number().int(),
  bytes: z.number().int(),
  state: z.enum(['open', 'replayed', 'discarded']),
  /** First part of the message, as text or hexadecimal. */
  preview: z.string(),
})
export type QuarantineEntry = z.infer<typeof QuarantineEntry>

/** Events of `GET /api/live` (server-sent events); each `data` is JSON of the shape named. */
export const liveEvents = {
  values: z.object({ values: z.array(PointValue) }),
  gateways: z.object({ gatewayIds: z.array(Id) }),
  billRun: z.object({ id: Id, status: z.string(), done: z.number().int(), total: z.number().int() }),
  usage: z.object({ meteringPointIds: z.array(Id) }),
  /** New events of devices: reload what is shown. */
  events: z.object({ types: z.array(EventType), deviceIds: z.array(Id) }),
  command: z.object({ id: Id, deviceId: Id, state: z.string() }),
  gatewayConfig: z.object({ gatewayId: Id }),
  /** A call for this person: `GET /api/calls/:id/card`. */
  call: z.object({ id: Id }),
  /** This person has new messages, or has read some elsewhere. */
  messages: z.object({}),
  /** Settings of this group have changed. */
  settings: z.object({ key: z.string() }),
  /** What waits for this person in processes has changed. */
  tasks: z.object({}),
  /** How far a file is that this person's browser asked for with the token. */
  printing: z.object({ token: Id, done: z.number().int(), total: z.number().int() }),
}
export type LiveEvents = { [K in keyof typeof liveEvents]: z.infer<(typeof liveEvents)[K]> }

export const telemetryRoutes = {
  'POST /api/edge/enrol': {
    summary: 'A gateway exchanges its one-time token for an identity (no session)',
    body: EnrolRequest,
    response: EnrolResponse,
  },
  'GET /api/gateways': {
    summary: 'Gateways',
    query: z.object({ projectId: Id.optional() }),
    response: z.array(Gateway),
  },
  'POST /api/gateways': {
    summary: 'Register a gateway and get its one-time enrolment token',
    body: z.object({ projectId: Id, name: z.string().min(1).max(80) }),
    response: GatewayToken,
  },
  'POST /api/gateways/:id/token': {
    summary: 'A new enrolment token; the old credentials end when it is used',
    params: idParams,
    response: GatewayToken,
  },
  'POST /api/gateways/:id/revoke': {
    summary: 'End the credentials of a gateway at once',
    params: idParams,
    response: Gateway,
  },
  'GET /api/devices': {
    summary: 'Devices, without their points',
    query: z.object({ projectId: Id.optional(), gatewayId: Id.optional() }),
    response: z.array(Device),
  },
  'GET /api/devices/:id': {
    summary: 'A device with its points and their latest values',
    params: idParams,
    response: DeviceDetail,
  },
  'GET /api/points/:pointId/history': {
    summary: 'Readings of a point, thinned to what a chart can show',
    params: z.object({ pointId: z.coerce.number().int() }),
    query: z.object({
      from: Instant,
      to: Instant,
      maxPoints: z.coerce.number().int().min(10).max(20_000).default(2_000),
    }),
    response: History,
  },
  'GET /api/quarantine': {
    summary: 'Messages and series that could not be taken in',
    query: PageQuery.extend({ state: z.enum(['open', 'replayed', 'discarded']).optional() }),
    response: pageOf(QuarantineEntry),
  },
  'POST /api/quarantine/:id/replay': {
    summary: 'Take it in now',
    params: z.object({ id: z.string() }),
    response: QuarantineEntry,
  },
  'POST /api/quarantine/:id/discard': {
    summary: 'Mark as not wanted; the bytes stay',
    params: z.object({ id: z.string() }),
    body: z.object({ reason: z.string().min(1).max(200) }),
    response: QuarantineEntry,
  },
} as const satisfies RouteTable

/** Not JSON: `GET /api/live?devices=id,id&projectId=…` answers `text/event-stream` with `liveEvents`. */
export const LIVE_PATH = '/api/live'

/**
 * What the edge agent and the hub say to each other over MQTT (version 1).
 *
 * The edge seals readings into batches on its own disk and numbers them; the pair
 * (outbox, sequence) names a batch for ever, so the hub's insert can be idempotent and a batch
 * leaves the edge's disk only after the hub said that it is committed.
 */
import * as z from 'zod'
import { CommandKind } from './commands.ts'
import { DeviceEvent } from './events.ts'
import { TELEMETRY_VERSION } from './version.ts'

export { TELEMETRY_VERSION }

/** Topics of one gateway. A gateway may publish only under `up/` and read only under `down/`. */
export const topics = {
  batch: (gatewayId: string) => `courtyard/1/${gatewayId}/up/batch`,
  catalogue: (gatewayId: string) => `courtyard/1/${gatewayId}/up/catalogue`,
  status: (gatewayId: string) => `courtyard/1/${gatewayId}/up/status`,
  presence: (gatewayId: string) => `courtyard/1/${gatewayId}/up/presence`,
  command: (gatewayId: string) => `courtyard/1/${gatewayId}/up/command`,
  config: (gatewayId: string) => `courtyard/1/${gatewayId}/up/config`,
  schema: (gatewayId: string) => `courtyard/1/${gatewayId}/up/schema`,
  response: (gatewayId: string) => `courtyard/1/${gatewayId}/up/response`,
  certificateRequest: (gatewayId: string) => `courtyard/1/${gatewayId}/up/certificate`,
  ack: (gatewayId: string) => `courtyard/1/${gatewayId}/down/ack`,
  commandDown: (gatewayId: string) => `courtyard/1/${gatewayId}/down/command`,
  configDown: (gatewayId: string) => `courtyard/1/${gatewayId}/down/config`,
  requestDown: (gatewayId: string) => `courtyard/1/${gatewayId}/down/request`,
  certificateDown: (gatewayId: string) => `courtyard/1/${gatewayId}/down/certificate`,
  upPrefix: (gatewayId: string) => `courtyard/1/${gatewayId}/up/`,
  downPrefix: (gatewayId: string) => `courtyard/1/${gatewayId}/down/`,
  /** Subscription of the hub; put `$share/hub/` before it on an external broker. */
  allUp: 'courtyard/1/+/up/#',
} as const

/** Takes a topic apart; null when it is not one of ours. */
export function parseUpTopic(topic: string): { gatewayId: string; kind: string } | null {
  const match = /^courtyard\/1\/([^/]+)\/up\/([a-z]+)$/.exec(topic)
  return match ? { gatewayId: match[1]!, kind: match[2]! } : null
}

/** Quality of one reading. Only `good` and `uncertain` carry a value. */
export const Quality = {
  /** Read and decoded as the profile says. */
  good: 0,
  /** Read, but outside the range that the profile declares. */
  uncertain: 1,
  /** The device answered with its own "invalid" or "unsupported" value, or bytes that do not decode. */
  invalid: 2,
  /** No answer in time. */
  timeout: 3,
  /** The device refused (Modbus exception, DL/T 645 error reply). */
  refused: 4,
  /** The bus or connection failed. */
  disconnected: 5,
} as const
export type Quality = (typeof Quality)[keyof typeof Quality]

/** One value of one point at one instant. The value is `mantissa` / 10^`scale`, exact. */
export interface Reading {
  /** `deviceKey/pointKey`, unique in a gateway. */
  readonly point: string
  /** Instant of the read, milliseconds since the epoch, UTC. */
  readonly atMs: number
  /** Integer within ±(2^53−1); null when the quality says that there is no value. */
  readonly mantissa: number | null
  /** Decimal places of the point, 0–9; constant for a point. */
  readonly scale: number
  readonly quality: Quality
}

const safeInt = z.number().int().safe()

/**
 * One point's readings in a batch, columnar. `t` holds milliseconds: the first from the batch's
 * `base`, each further one from its predecessor. `v` holds mantissas: the first absolute, each further one as
 * difference to the last non-null value; null where there is no value. `q` is run-length encoded
 * as [count, quality] pairs; absent when all are good.
 */
export const SeriesMessage = z.strictObject({
  p: z.string().min(3).max(200),
  s: z.number().int().min(0).max(9),
  t: z.array(safeInt).min(1),
  v: z.array(safeInt.nullable()).min(1),
  q: z.array(z.tuple([z.number().int().positive(), z.number().int().min(0).max(5)])).optional(),
})
export type SeriesMessage = z.infer<typeof SeriesMessage>

/** Readings and events that the outbox had to throw away, oldest first, because it was full or they were too old. */
export const DroppedReadings = z.strictObject({
  readings: z.number().int().nonnegative(),
  events: z.number().int().positive().optional(),
  fromMs: safeInt,
  toMs: safeInt,
  reason: z.enum(['full', 'age', 'disk']),
})
export type DroppedReadings = z.infer<typeof DroppedReadings>

export const BatchMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  /** Identity of the outbox file; a new file has a new one. */
  outbox: z.uuid(),
  sequence: z.number().int().positive(),
  base: safeInt,
  series: z.array(SeriesMessage).max(20_000),
  /** Absent when there are none. */
  events: z.array(DeviceEvent).min(1).max(5_000).optional(),
  dropped: z.array(DroppedReadings).optional(),
})
export type BatchMessage = z.infer<typeof BatchMessage>

/** What became of a batch. In every case the hub has it safe and the edge may forget it. */
export const AckStatus = z.enum(['committed', 'duplicate', 'quarantined'])
export type AckStatus = z.infer<typeof AckStatus>

export const AckMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  batches: z
    .array(z.strictObject({ outbox: z.uuid(), sequence: z.number().int().positive(), status: AckStatus }))
    .default([]),
  /** Revision of the catalogue that the hub has stored, or why it was refused. */
  catalogue: z.strictObject({ revision: z.string(), error: z.string().optional() }).optional(),
  /** Commands whose final step the hub has stored: the gateway may stop reporting them. */
  commands: z.array(z.uuid()).optional(),
  /** Hub's clock when this was sent: a gateway that was started with a wrong clock learns the time from it. */
  hubTimeMs: safeInt.optional(),
})
export type AckMessage = z.infer<typeof AckMessage>

/** Text in the two languages of the product. */
export const Label = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) })
export type Label = z.infer<typeof Label>

export const Medium = z.enum(['electricity', 'water', 'gas', 'heat', 'environment', 'equipment'])
export type Medium = z.infer<typeof Medium>

/**
 * - `register`: an index that only grows (kWh, m³): what bills are made from
 * - `gauge`: a momentary value (V, A, kW, °C)
 * - `state`: an integer code (relay, alarm bits)
 */
export const PointKind = z.enum(['register', 'gauge', 'state'])
export type PointKind = z.infer<typeof PointKind>

export const CataloguePoint = z.strictObject({
  key: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
  label: Label,
  kind: PointKind,
  /** OBIS-style measurement code, such as `1-0:1.8.0`. */
  code: z.string(),
  unit: z.string(),
  /** Decimal places of every value of the point. */
  scale: z.number().int().min(0).max(9),
  /** Digits before rollover of a register, counted in units of 10^-scale; absent: does not roll over. */
  digits: z.number().int().min(1).max(18).optional(),
  intervalMs: z.number().int().positive(),
})
export type CataloguePoint = z.infer<typeof CataloguePoint>

/** Something that a device can be told to do. */
export const CatalogueCommand = z.strictObject({
  /** Unique at the device, such as `relay`, `door1`, `setTemperature`. */
  key: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
  kind: CommandKind,
  label: Label,
  /** For setpoints. */
  unit: z.string().optional(),
  scale: z.number().int().min(0).max(9).optional(),
  /** Decimal texts, inclusive. */
  range: z.tuple([z.string(), z.string()]).optional(),
  /** Whether the driver reads back what came of it. */
  confirms: z.boolean(),
})
export type CatalogueCommand = z.infer<typeof CatalogueCommand>

export const CatalogueDevice = z.strictObject({
  key: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/),
  name: z.string().min(1),
  profile: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  medium: Medium,
  driver: z.string(),
  bus: z.string(),
  /** For people: `10.0.0.5:502 unit 3`. */
  address: z.string(),
  /** Serial number of the meter when the site configuration knows it; meters in the hub are matched by it. */
  serial: z.string().optional(),
  /** May be empty for a device that only has events. */
  points: z.array(CataloguePoint),
  commands: z.array(CatalogueCommand).optional(),
})
export type CatalogueDevice = z.infer<typeof CatalogueDevice>

/** Everything that a gateway reads; sent retained at each connect and again until acknowledged. */
export const CatalogueMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  /** Hash of the content: equal revision, equal catalogue. */
  revision: z.string().min(8),
  devices: z.array(CatalogueDevice),
})
export type CatalogueMessage = z.infer<typeof CatalogueMessage>

export const DeviceState = z.enum(['online', 'degraded', 'offline', 'unknown'])
export type DeviceState = z.infer<typeof DeviceState>

/** Health of the agent, QoS 0, every few seconds; losing one loses nothing. */
export const StatusMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  atMs: safeInt,
  version: z.string(),
  startedAtMs: safeInt,
  outbox: z.strictObject({
    batches: z.number().int(),
    readings: z.number().int(),
    bytes: z.number().int(),
    oldestAtMs: safeInt.nullable(),
    droppedReadings: z.number().int(),
    /** Events that wait, among the batches. */
    events: z.number().int().optional(),
  }),
  /** Absent from agents that don't say. */
  health: z
    .strictObject({
      rssBytes: z.number().int(),
      /** Share of one core in the last minute, 0–n. */
      cpu: z.number(),
      diskFreeBytes: z.number().int().nullable(),
      /** Hub's time less the gateway's, as the gateway knows it; null before it has heard of the hub. */
      clockOffsetMs: z.number().nullable(),
      /** False: started with a wrong clock and not corrected yet; readings wait for the time. */
      clockTrusted: z.boolean(),
      /** Revision of the configuration from the hub that runs; null: the box's own file. */
      configRevision: z.uuid().nullable(),
      certificateExpiresAtMs: safeInt.nullable(),
    })
    .optional(),
  buses: z.array(
    z.strictObject({
      key: z.string(),
      driver: z.string(),
      address: z.string(),
      connected: z.boolean(),
      /** Share of the last minute in which the bus was busy, 0–1. */
      load: z.number(),
      missedDeadlines: z.number().int(),
    }),
  ),
  devices: z.array(
    z.strictObject({
      key: z.string(),
      state: DeviceState,
      lastGoodAtMs: safeInt.nullable(),
      latencyMs: z.number().nullable(),
      requests: z.number().int(),
      errors: z.number().int(),
      /** The last error in words; null when the last poll was good. */
      message: z.string().nullable(),
    }),
  ),
})
export type StatusMessage = z.infer<typeof StatusMessage>

/** Retained; `online: false` is the gateway's will. */
export const PresenceMessage = z.strictObject({ v: z.literal(TELEMETRY_VERSION), online: z.boolean() })
export type PresenceMessage = z.infer<typeof PresenceMessage>

/** `POST /api/edge/enrol`: a one-time token for an identity of its own. */
export const EnrolRequest = z.strictObject({
  token: z.string().min(16),
  agentVersion: z.string(),
  /** PKCS #10 in PEM; the key never leaves the gateway. Absent: only a password is wanted. */
  csr: z.string().min(100).max(8_000).optional(),
})
export type EnrolRequest = z.infer<typeof EnrolRequest>
export const EnrolResponse = z.strictObject({
  gatewayId: z.uuid(),
  mqttUrl: z.string(),
  username: z.string(),
  password: z.string(),
  /** Present when a CSR was sent and the hub speaks TLS. */
  tls: z
    .strictObject({
      /** `mqtts://` address; used in place of `mqttUrl`. */
      mqttUrl: z.string(),
      certificate: z.string(),
      /** PEM of the hub's CA. */
      ca: z.string(),
    })
    .optional(),
})
export type EnrolResponse = z.infer<typeof EnrolResponse>

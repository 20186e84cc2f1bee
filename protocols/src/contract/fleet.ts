/**
 * How the hub looks after its gateways: configuration, requests with an answer, certificates.
 *
 * The site file has a part that stays at the box (`gateway`, `hub`) and a part that the hub may manage. The edge
 * alone knows the schema of its drivers: it sends it up, the hub makes forms of it, and the edge has the last word.
 */
import * as z from 'zod'
import { TELEMETRY_VERSION } from './version.ts'

const safeInt = z.number().int().safe()
const text = (max: number) => z.string().min(1).max(max)

/** In place of a secret in everything that goes up or to a browser; coming down it means "as it was". */
export const SECRET_MASK = '********'

/** The part of the site file that the hub manages; checked by the edge's own schema. */
export const ManagedConfig = z.strictObject({
  buses: z.array(z.record(z.string(), z.unknown())).max(500),
  devices: z.array(z.record(z.string(), z.unknown())).max(20_000),
  outbox: z.record(z.string(), z.unknown()).optional(),
  uplink: z.record(z.string(), z.unknown()).optional(),
})
export type ManagedConfig = z.infer<typeof ManagedConfig>

export const ConfigIssue = z.object({ path: z.string(), reason: z.string() })
export type ConfigIssue = z.infer<typeof ConfigIssue>

/** `down/config`, QoS 1; sent again at each connect until the edge reports this revision. */
export const ConfigMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  revision: z.uuid(),
  config: ManagedConfig,
})
export type ConfigMessage = z.infer<typeof ConfigMessage>

/**
 * `up/config`, QoS 1, at each connect and after each change.
 * - `running`: what runs now, from the file (`revision` null) or from the hub
 * - `refused`: the revision does not pass the edge's checks; the old one stays
 * - `rolledBack`: it passed and did not work (the agent did not come up or lost the hub); the old one is back
 */
export const ConfigReport = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  /** The revision that this is about; null: the site file of the box. */
  revision: z.uuid().nullable(),
  state: z.enum(['running', 'refused', 'rolledBack']),
  atMs: safeInt,
  issues: z.array(ConfigIssue).max(500).default([]),
  /** With `running`: the configuration, secrets masked. */
  config: ManagedConfig.optional(),
})
export type ConfigReport = z.infer<typeof ConfigReport>

/** JSON Schema (draft 2020-12); `secret: true` marks fields that are never shown. */
export const JsonSchema = z.record(z.string(), z.unknown())

/** `up/schema`, QoS 1, at each connect: what this agent's configuration may say. */
export const SchemaMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  agentVersion: z.string(),
  /** Hash of the content. */
  revision: text(64),
  outbox: JsonSchema,
  uplink: JsonSchema,
  /** A device besides its `address`. */
  device: JsonSchema,
  drivers: z.array(
    z.strictObject({
      id: text(40),
      /** A bus besides `key` and `driver`. */
      bus: JsonSchema,
      address: JsonSchema,
      /** Body of the free `write` command; null when there is none. */
      write: JsonSchema.nullable(),
      scans: z.boolean(),
      profiles: z.array(
        z.strictObject({
          id: z.string(),
          zh: z.string(),
          en: z.string(),
          medium: z.string(),
          /** Milliseconds between polls by polling group, as the profile says; absent from older agents. */
          groups: z.record(z.string(), z.number().int()).optional(),
        }),
      ),
    }),
  ),
})
export type SchemaMessage = z.infer<typeof SchemaMessage>

/** `down/request`, QoS 1, only while the gateway is online; answered once or not at all. */
export const GatewayRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('log'),
    lines: z.number().int().min(1).max(1_000),
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  }),
  /** Checks a configuration without applying it. */
  z.strictObject({ kind: z.literal('validate'), config: ManagedConfig }),
  /** Reads a configured device once. */
  z.strictObject({ kind: z.literal('probe'), device: text(64) }),
  /** Looks for units on a configured bus. */
  z.strictObject({ kind: z.literal('scan'), bus: text(64) }),
  /** A picture of an event. */
  z.strictObject({ kind: z.literal('picture'), key: text(120) }),
])
export type GatewayRequest = z.infer<typeof GatewayRequest>

export const LogLine = z.object({ atMs: safeInt, level: z.string(), module: z.string().optional(), message: z.string(), fields: z.record(z.string(), z.unknown()) }) // prettier-ignore
export type LogLine = z.infer<typeof LogLine>

export const ProbeLine = z.object({
  point: z.string(),
  zh: z.string(),
  en: z.string(),
  value: z.string().nullable(),
  unit: z.string(),
  quality: z.number().int(),
})
export type ProbeLine = z.infer<typeof ProbeLine>

/** Answers by kind of request. */
export const requestResults = {
  log: z.object({ lines: z.array(LogLine) }),
  validate: z.object({ issues: z.array(ConfigIssue) }),
  probe: z.object({ message: z.string().nullable(), latencyMs: z.number().nullable(), points: z.array(ProbeLine) }),
  scan: z.object({ found: z.array(z.object({ address: z.record(z.string(), z.unknown()), text: z.string(), profile: z.string().nullable() })) }),
  /** At most 512 kB before base64. */
  picture: z.object({ contentType: z.string(), base64: z.string() }),
} as const // prettier-ignore
export type RequestResult<K extends GatewayRequest['kind']> = z.infer<(typeof requestResults)[K]>

export const RequestMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  id: z.uuid(),
  request: GatewayRequest,
})
export type RequestMessage = z.infer<typeof RequestMessage>

/** `up/response`, QoS 1. */
export const ResponseMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  id: z.uuid(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  /** Of the shape in `requestResults`; null with an error. */
  result: z.unknown(),
})
export type ResponseMessage = z.infer<typeof ResponseMessage>

/** `up/certificate`, QoS 1: a gateway asks for its next certificate before the present one ends. */
export const CertificateRequest = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  csr: z.string().min(100).max(8_000),
})
export type CertificateRequest = z.infer<typeof CertificateRequest>
/** `down/certificate`. */
export const CertificateMessage = z.strictObject({
  v: z.literal(TELEMETRY_VERSION),
  /** PEM; null when it was refused. */
  certificate: z.string().nullable(),
  /** PEM of the hub's CA; two while it is being replaced. */
  ca: z.string(),
  error: z.string().nullable(),
})
export type CertificateMessage = z.infer<typeof CertificateMessage>

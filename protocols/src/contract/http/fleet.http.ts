/** Looking after gateways: health, configuration, templates, certificates, requests. */
import * as z from 'zod'
import { ConfigIssue, ManagedConfig, requestResults, SchemaMessage } from '../fleet.ts'
import { Id, Instant, idParams, type RouteTable } from './route.ts'
import { GatewayState } from './telemetry.http.ts'

/**
 * - `draft`: saved in the hub only
 * - `pending`: to be taken up by the gateway
 * - `running`: the gateway works with it
 * - `refused`, `rolledBack`: the gateway says why
 * - `superseded`: a newer one runs
 */
export const ConfigState = z.enum(['draft', 'pending', 'running', 'refused', 'rolledBack', 'superseded'])
export type ConfigState = z.infer<typeof ConfigState>

export const ConfigRevision = z.object({
  id: Id,
  gatewayId: Id,
  number: z.number().int(),
  state: ConfigState,
  note: z.string(),
  createdBy: z.string(),
  createdAt: Instant,
  settledAt: Instant.nullable(),
  issues: z.array(ConfigIssue),
})
export type ConfigRevision = z.infer<typeof ConfigRevision>

/** Secrets are masked with SECRET_MASK; a mask that comes back means "as it was". */
export const ConfigRevisionDetail = ConfigRevision.extend({ config: ManagedConfig })
export type ConfigRevisionDetail = z.infer<typeof ConfigRevisionDetail>

export const GatewayHealth = z.object({
  gatewayId: Id,
  agentVersion: z.string().nullable(),
  startedAt: Instant.nullable(),
  statusAt: Instant.nullable(),
  rssBytes: z.number().nullable(),
  cpu: z.number().nullable(),
  diskFreeBytes: z.number().nullable(),
  /** Gateway's clock less the hub's, as the hub sees it; includes the way of the message. */
  clockOffsetMs: z.number().nullable(),
  clockTrusted: z.boolean().nullable(),
  configRevision: Id.nullable(),
  certificate: z
    .object({ serial: z.string(), issuedAt: Instant, expiresAt: Instant, revokedAt: Instant.nullable() })
    .nullable(),
  outbox: z
    .object({
      batches: z.number().int(),
      readings: z.number().int(),
      events: z.number().int(),
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
      devices: z.number().int(),
    }),
  ),
  devices: z.array(
    z.object({
      id: Id,
      key: z.string(),
      name: z.string(),
      bus: z.string(),
      state: z.string(),
      latencyMs: z.number().nullable(),
      requests: z.number().int(),
      errors: z.number().int(),
      lastGoodAt: Instant.nullable(),
      message: z.string().nullable(),
    }),
  ),
})
export type GatewayHealth = z.infer<typeof GatewayHealth>

/** One line per gateway: what a person scans for trouble. */
export const GatewayHealthSummary = GatewayHealth.pick({
  gatewayId: true,
  agentVersion: true,
  startedAt: true,
  statusAt: true,
  clockOffsetMs: true,
  clockTrusted: true,
  certificate: true,
  outbox: true,
}).extend({
  state: GatewayState,
  config: z.object({
    /** Where the configuration that runs came from; null before the gateway has told. */
    source: z.enum(['hub', 'file']).nullable(),
    /** Number of the revision that runs; null when it is the site file of the box. */
    running: z.number().int().nullable(),
    /** The newest revision that was handed down, drafts apart; null when there is none. */
    newest: z.object({ number: z.number().int(), state: ConfigState }).nullable(),
  }),
  buses: z.object({
    total: z.number().int(),
    disconnected: z.number().int(),
    /** Of the busiest one, 0 to 1; null without a bus. */
    highestLoad: z.number().nullable(),
    missedDeadlines: z.number().int(),
  }),
  /** Of all devices since the agent started. */
  requests: z.number().int(),
  errors: z.number().int(),
})
export type GatewayHealthSummary = z.infer<typeof GatewayHealthSummary>

export const GatewayTemplate = z.object({
  id: Id,
  name: z.string(),
  note: z.string(),
  buses: z.number().int(),
  devices: z.number().int(),
  createdBy: z.string(),
  createdAt: Instant,
})
export type GatewayTemplate = z.infer<typeof GatewayTemplate>

const templateName = z.string().trim().min(1).max(80)

export const fleetRoutes = {
  'GET /api/gateways/:id/health': {
    summary: 'Everything that a gateway last said about itself',
    params: idParams,
    response: GatewayHealth,
  },
  'GET /api/gateways/health': {
    summary: 'Health of all gateways, one line each',
    query: z.object({ projectId: Id.optional() }),
    response: z.array(GatewayHealthSummary),
  },
  'GET /api/gateways/:id/schema': {
    summary: "The configuration that this gateway's agent understands; null before it has told",
    params: idParams,
    response: SchemaMessage.omit({ v: true }).nullable(),
  },
  'GET /api/gateways/:id/configs': {
    summary: 'Revisions of the configuration, newest first',
    params: idParams,
    response: z.array(ConfigRevision),
  },
  'GET /api/gateways/:id/config': {
    summary: 'What runs now as the gateway told, and what is pending',
    params: idParams,
    response: z.object({
      /** Null before the gateway has told. */
      running: z.object({ revisionId: Id.nullable(), at: Instant, config: ManagedConfig }).nullable(),
      pending: ConfigRevisionDetail.nullable(),
    }),
  },
  'GET /api/gateway-configs/:id': {
    summary: 'One revision',
    params: idParams,
    response: ConfigRevisionDetail,
  },
  'POST /api/gateways/:id/configs/validate': {
    summary: 'Check a configuration: against the schema here, and by the gateway when it is online',
    params: idParams,
    body: z.object({ config: ManagedConfig }),
    response: z.object({ issues: z.array(ConfigIssue), checkedBy: z.enum(['hub', 'gateway']) }),
  },
  'POST /api/gateways/:id/configs': {
    summary: 'Save a revision and, unless it is a draft, hand it to the gateway',
    params: idParams,
    body: z.object({
      config: ManagedConfig,
      note: z.string().max(300).default(''),
      draft: z.boolean().default(false),
      /** Number of the newest revision that the editor has seen; another one since then is a conflict. */
      basedOn: z.number().int().nullable(),
    }),
    response: ConfigRevision,
  },
  'POST /api/gateway-configs/:id/apply': {
    summary: 'Hand a draft or an older revision to the gateway',
    params: idParams,
    response: ConfigRevision,
  },
  'GET /api/gateway-templates': { summary: 'Templates of sites', response: z.array(GatewayTemplate) },
  'POST /api/gateway-templates': {
    summary: 'Keep the running configuration of a gateway as a template, without its secrets',
    body: z.object({ gatewayId: Id, name: templateName, note: z.string().max(300).default('') }),
    response: GatewayTemplate,
  },
  'GET /api/gateway-templates/:id': {
    summary: 'A template with its content: also the export',
    params: idParams,
    response: GatewayTemplate.extend({ config: ManagedConfig }),
  },
  'POST /api/gateway-templates/import': {
    summary: 'Take in an exported template',
    body: z.object({ name: templateName, note: z.string().max(300).default(''), config: ManagedConfig }),
    response: GatewayTemplate,
  },
  'DELETE /api/gateway-templates/:id': {
    summary: 'Remove a template; gateways made from it keep what they have',
    params: idParams,
    response: z.object({ ok: z.literal(true) }),
  },
  'POST /api/gateways/:id/log': {
    summary: 'The last lines of the log of an online gateway',
    params: idParams,
    body: z.object({
      lines: z.number().int().min(1).max(1_000).default(200),
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
    }),
    response: requestResults.log,
  },
  'POST /api/devices/:id/probe': {
    summary: 'Read a device once, now',
    params: idParams,
    response: requestResults.probe,
  },
  'POST /api/gateways/:id/scan': {
    summary: 'Look for units on a bus of an online gateway',
    params: idParams,
    body: z.object({ bus: z.string().min(1).max(64) }),
    response: requestResults.scan,
  },
  'POST /api/gateways/:id/picture': {
    summary: "A picture of an event, from the gateway's disk",
    params: idParams,
    body: z.object({ key: z.string().min(1).max(120) }),
    response: requestResults.picture,
  },
  'POST /api/gateways/:id/certificate/revoke': {
    summary: 'Revoke the certificate of a gateway; it must enrol again',
    params: idParams,
    response: GatewayHealth,
  },
  'GET /api/fleet/ca': {
    summary: "The hub's CA: what a site engineer compares",
    response: z.object({ pem: z.string(), sha256: z.string(), expiresAt: Instant }),
  },
} as const satisfies RouteTable

import { join, resolve } from 'node:path'
import * as z from 'zod'
import type { InputIssue } from '@courtyard/protocols/contract'

export const hubRoles = ['api', 'ingest', 'worker'] as const
export type HubRole = (typeof hubRoles)[number]

const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)), {
    error: `must be an address that begins with ${protocols.map((name) => `${name}://`).join(' or ')}`,
  })
const port = z.coerce.number().int().min(0).max(65_535)
/** `off` closes a listener that is open by default. */
const portOrOff = z.union([z.literal('off'), port], { error: 'must be a port from 0 to 65535, or `off`' })
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
)

/** `secret: true` keeps a value out of logs and messages. */
const secret = { secret: true }

/** Environment variable → meaning. The page CONFIG.md is written from this. */
export const environmentSchema = z.object({
  PORT: port.default(8080).describe('Port of the console and the HTTP interface; 0 takes a free one'),
  HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on for HTTP; `0.0.0.0` for all networks'),
  PUBLIC_URL: url('http', 'https')
    .optional()
    .describe(
      'Address at which browsers reach the hub; with https:// cookies are marked Secure. Default: `http://localhost:PORT`',
    ),
  HTTPS_PORT: port
    .optional()
    .describe('Port for https beside PORT; 0 takes a free one. Without it the hub speaks plain HTTP only'),
  HTTPS_HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on for https'),
  TLS_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Certificate (PEM, with its chain) for https, with TLS_KEY_FILE. Without it the hub's own CA issues one",
    ),
  TLS_KEY_FILE: z.string().min(1).optional().describe('Private key (PEM) of TLS_CERT_FILE'),
  TLS_NAMES: list
    .default([])
    .describe(
      "More names and addresses, separated by commas, at which gateways and browsers reach the hub: they go into the hub's certificate. Those of PUBLIC_URL, MQTT_PUBLIC_URL and this machine are in it anyway",
    ),
  TRUST_PROXY: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe(
      'Number of reverse proxies before the hub whose X-Forwarded-For and X-Forwarded-Proto are believed',
    ),
  COURTYARD_DATA: z.string().min(1).default('./data').describe('Folder in which everything is kept'),
  COURTYARD_BACKUPS: z
    .string()
    .min(1)
    .optional()
    .describe('Folder for backups, better on another disk. Default: COURTYARD_DATA/backups'),
  COURTYARD_MASTER_KEY: z
    .string()
    .min(1)
    .optional()
    .meta(secret)
    .describe(
      'Key under which secrets are kept in the database: 32 bytes in base64; further ones after commas only open what is older. Default: COURTYARD_DATA/master.key, made at the first start. Keep a copy apart from the database',
    ),
  COURTYARD_ROLES: list
    .pipe(z.array(z.enum(hubRoles)).min(1))
    .default([...hubRoles])
    .describe('What this process does, separated by commas: `api`, `ingest`, `worker`'),
  DATABASE_URL: url('postgresql', 'postgres')
    .optional()
    .meta(secret)
    .describe(
      'PostgreSQL 16 or newer, best with `random_page_cost=1.1` and `jit=off`. Without it the hub runs one of its own in COURTYARD_DATA/postgres',
    ),
  DATABASE_POOL: z.coerce
    .number()
    .int()
    .min(4)
    .max(200)
    .default(12)
    .describe('Most connections to PostgreSQL per pool'),
  MQTT_URL: url('mqtt', 'mqtts')
    .optional()
    .meta(secret)
    .describe(
      'MQTT broker of your own, with user and password in the address. Without it the hub is the broker',
    ),
  MQTT_PORT: portOrOff
    .default(1883)
    .describe("Port of the hub's own broker without TLS; 0 takes a free one, `off` closes it"),
  MQTT_HOST: z.string().min(1).default('127.0.0.1').describe("Address on which the hub's own broker listens"),
  MQTT_PUBLIC_URL: url('mqtt', 'mqtts')
    .optional()
    .describe(
      'Address of the broker that gateways are told when they enrol. Default: the own broker or MQTT_URL, without its password',
    ),
  MQTT_TLS_PORT: portOrOff
    .default(8883)
    .describe("Port of the hub's own broker with TLS; 0 takes a free one, `off` closes it"),
  MQTT_TLS_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe("Address on which the hub's own broker listens with TLS; `0.0.0.0` for all networks"),
  MQTT_TLS_PUBLIC_URL: url('mqtts')
    .optional()
    .describe(
      'Address with TLS that gateways with a certificate are told. Default: the name by which they reached the hub, and MQTT_TLS_PORT',
    ),
  MQTT_MESSAGES_PER_SECOND: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .describe(
      "Messages per second that the hub's own broker takes from one gateway; faster ones are slowed down",
    ),
  MOSQUITTO_FILES: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder in which CA, certificates, revocation list and topic rules for a Mosquitto beside the hub are kept fresh (deploy/mosquitto)',
    ),
  FILES_S3_URL: url('http', 'https')
    .optional()
    .describe(
      'Bucket of an S3-compatible store for uploaded files, `https://minio.local/courtyard`; its key must be allowed to list the bucket. Without it they lie in COURTYARD_DATA/files',
    ),
  FILES_S3_REGION: z.string().min(1).default('us-east-1').describe('Region of FILES_S3_URL'),
  FILES_S3_KEY_ID: z.string().min(1).optional().describe('Access key of FILES_S3_URL'),
  FILES_S3_SECRET: z.string().min(1).optional().meta(secret).describe('Secret of the access key'),
  INFLUX_URL: url('http', 'https')
    .optional()
    .describe('Time-series database to which every committed reading also goes'),
  INFLUX_KIND: z
    .enum(['influx1', 'influx2', 'victoriametrics'])
    .default('influx1')
    .describe('What listens at INFLUX_URL: InfluxDB 1.x, InfluxDB 2.x or VictoriaMetrics'),
  INFLUX_DATABASE: z
    .string()
    .min(1)
    .default('courtyard')
    .describe('Database (1.x) or bucket (2.x); made when missing and allowed'),
  INFLUX_ORG: z.string().optional().describe('Organisation (InfluxDB 2.x)'),
  INFLUX_TOKEN: z.string().optional().meta(secret).describe('Token (InfluxDB 2.x)'),
  INFLUX_USERNAME: z.string().optional().describe('User (InfluxDB 1.x with authentication)'),
  INFLUX_PASSWORD: z.string().optional().meta(secret).describe('Password (InfluxDB 1.x with authentication)'),
  SESSION_HOURS: z.coerce
    .number()
    .min(0.1)
    .max(720)
    .default(12)
    .describe('Hours after which an unused session ends, until it is set in the console'),
  WEBHOOK_LOOPBACK: z
    .enum(['on', 'off'])
    .default('off')
    .describe(
      '`on` lets webhooks lead to this machine itself (127.0.0.1), with plain http: for trying them out, not for service',
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severity that is logged'),
  LOG_FORMAT: z.enum(['json', 'text']).default('json').describe('`json` for machines, `text` for people'),
})

type Environment = z.output<typeof environmentSchema>

export interface HubConfig {
  readonly port: number
  readonly host: string
  readonly publicUrl: string | null
  readonly https: {
    /** Null: no https. */
    readonly port: number | null
    readonly host: string
    /** Null: a certificate of the hub's own. */
    readonly files: { readonly certificate: string; readonly key: string } | null
  }
  /** Names for the hub's certificate beside those that follow from the rest. */
  readonly tlsNames: readonly string[]
  /** Secret; null: from the data folder. */
  readonly masterKey: string | null
  /** Reverse proxies before the hub. */
  readonly trustProxy: number
  /** Absolute. */
  readonly dataFolder: string
  /** Absolute. */
  readonly backupFolder: string
  readonly roles: ReadonlySet<HubRole>
  readonly databaseUrl: string | null
  readonly databasePool: number
  readonly mqtt: {
    readonly url: string | null
    /** Null: closed. */
    readonly port: number | null
    readonly host: string
    readonly publicUrl: string | null
    readonly tls: {
      /** Null: closed. */
      readonly port: number | null
      readonly host: string
      readonly publicUrl: string | null
    }
    readonly messagesPerSecond: number
    /** Absolute. */
    readonly mosquittoFiles: string | null
  }
  /** Null: uploaded files lie in the data folder. */
  readonly filesS3: {
    readonly url: string
    readonly region: string
    readonly keyId: string
    readonly secret: string
  } | null
  readonly influx: {
    readonly url: string
    readonly kind: Environment['INFLUX_KIND']
    readonly database: string
    readonly org: string | null
    readonly token: string | null
    readonly username: string | null
    readonly password: string | null
  } | null
  readonly sessionHours: number
  /** Whether webhooks may lead to this machine. */
  readonly webhookLoopback: boolean
  readonly logLevel: Environment['LOG_LEVEL']
  readonly logFormat: Environment['LOG_FORMAT']
}

export type ConfigResult = { config: HubConfig; issues: [] } | { config: null; issues: InputIssue[] }

/** Reads the environment; reports every fault at once, never the value of a secret. Empty counts as not set. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): ConfigResult {
  const given = Object.fromEntries(
    Object.keys(environmentSchema.shape)
      .filter((name) => environment[name])
      .map((name) => [name, environment[name]]),
  )
  const parsed = environmentSchema.safeParse(given)
  if (!parsed.success) {
    return { config: null, issues: parsed.error.issues.map((issue) => describeIssue(issue, given)) }
  }
  const issues = checkTogether(parsed.data)
  return issues.length > 0 ? { config: null, issues } : { config: toConfig(parsed.data), issues: [] }
}

/** What one variable alone cannot tell. */
function checkTogether(env: Environment): InputIssue[] {
  const issues: InputIssue[] = []
  if (env.INFLUX_URL && env.INFLUX_KIND === 'influx2') {
    if (!env.INFLUX_ORG) issues.push({ path: 'INFLUX_ORG', reason: 'is needed for InfluxDB 2.x' })
    if (!env.INFLUX_TOKEN) issues.push({ path: 'INFLUX_TOKEN', reason: 'is needed for InfluxDB 2.x' })
  }
  if (env.FILES_S3_URL) {
    const reason = 'is needed with FILES_S3_URL'
    if (!env.FILES_S3_KEY_ID) issues.push({ path: 'FILES_S3_KEY_ID', reason })
    if (!env.FILES_S3_SECRET) issues.push({ path: 'FILES_S3_SECRET', reason })
  }
  if (Boolean(env.TLS_CERT_FILE) !== Boolean(env.TLS_KEY_FILE)) {
    const path = env.TLS_CERT_FILE ? 'TLS_KEY_FILE' : 'TLS_CERT_FILE'
    issues.push({ path, reason: 'is needed: certificate and key go together' })
  }
  if (env.MQTT_PORT === 'off' && env.MQTT_TLS_PORT === 'off' && !env.MQTT_URL) {
    issues.push({ path: 'MQTT_TLS_PORT', reason: 'is off like MQTT_PORT: gateways could not reach the hub' })
  }
  if (env.COURTYARD_ROLES.length < hubRoles.length) {
    const reason = 'is needed when COURTYARD_ROLES splits the hub into several processes'
    if (!env.DATABASE_URL) issues.push({ path: 'DATABASE_URL', reason })
    if (!env.MQTT_URL) issues.push({ path: 'MQTT_URL', reason })
  }
  return issues
}

function describeIssue(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): InputIssue {
  const path = String(issue.path[0])
  const field = environmentSchema.shape[path as keyof typeof environmentSchema.shape] as z.ZodType | undefined
  const shown = field && isSecret(field) ? '***' : given[path]
  return { path, reason: `${issue.message} (is "${shown}")` }
}

/** Looks through `optional` and `default`. */
export function isSecret(field: z.ZodType): boolean {
  for (
    let at: z.ZodType | undefined = field;
    at;
    at = (at as { def?: { innerType?: z.ZodType } }).def?.innerType
  ) {
    if (at.meta()?.secret === true) return true
  }
  return false
}

function openPort(given: number | 'off'): number | null {
  return given === 'off' ? null : given
}

function toConfig(env: Environment): HubConfig {
  return {
    port: env.PORT,
    host: env.HOST,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    https: {
      port: env.HTTPS_PORT ?? null,
      host: env.HTTPS_HOST,
      files:
        env.TLS_CERT_FILE && env.TLS_KEY_FILE
          ? { certificate: resolve(env.TLS_CERT_FILE), key: resolve(env.TLS_KEY_FILE) }
          : null,
    },
    tlsNames: env.TLS_NAMES,
    masterKey: env.COURTYARD_MASTER_KEY ?? null,
    trustProxy: env.TRUST_PROXY,
    dataFolder: resolve(env.COURTYARD_DATA),
    backupFolder: resolve(env.COURTYARD_BACKUPS ?? join(env.COURTYARD_DATA, 'backups')),
    roles: new Set(env.COURTYARD_ROLES),
    databaseUrl: env.DATABASE_URL ?? null,
    databasePool: env.DATABASE_POOL,
    mqtt: {
      url: env.MQTT_URL ?? null,
      port: openPort(env.MQTT_PORT),
      host: env.MQTT_HOST,
      publicUrl: env.MQTT_PUBLIC_URL ?? null,
      tls: {
        port: openPort(env.MQTT_TLS_PORT),
        host: env.MQTT_TLS_HOST,
        publicUrl: env.MQTT_TLS_PUBLIC_URL ?? null,
      },
      messagesPerSecond: env.MQTT_MESSAGES_PER_SECOND,
      mosquittoFiles: env.MOSQUITTO_FILES ? resolve(env.MOSQUITTO_FILES) : null,
    },
    filesS3: env.FILES_S3_URL
      ? {
          url: env.FILES_S3_URL,
          region: env.FILES_S3_REGION,
          keyId: env.FILES_S3_KEY_ID!,
          secret: env.FILES_S3_SECRET!,
        }
      : null,
    influx: env.INFLUX_URL
      ? {
          url: env.INFLUX_URL,
          kind: env.INFLUX_KIND,
          database: env.INFLUX_DATABASE,
          org: env.INFLUX_ORG ?? null,
          token: env.INFLUX_TOKEN ?? null,
          username: env.INFLUX_USERNAME ?? null,
          password: env.INFLUX_PASSWORD ?? null,
        }
      : null,
    sessionHours: env.SESSION_HOURS,
    webhookLoopback: env.WEBHOOK_LOOPBACK === 'on',
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
  }
}

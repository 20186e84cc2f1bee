/**
 * The site file. One schema gives types, defaults, checks and the reference in CONFIG.md: every field carries
 * its description.
 */
import * as z from 'zod'
import { driverDefinitions } from '../drivers/registry.ts'

const key = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    'must be 1–64 letters, digits, "-" or "_", not beginning with a sign',
  )

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

const GatewayConfig = z.strictObject({
  name: z.string().min(1).max(100).describe('Name of the gateway for people'),
  dataDir: z
    .string()
    .min(1)
    .describe('Folder of the outbox and the credentials; relative to the folder of this file'),
  timeZone: z
    .string()
    .refine(isTimeZone, { error: 'must be a time zone such as Asia/Shanghai' })
    .default('Asia/Shanghai')
    .describe('Time zone of the site, for devices that tell local time'),
  statusPort: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(9101)
    .describe('Port of the status page; 0 takes a free one'),
  statusHost: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address that the status page listens on; the page has no sign-in, so think before opening it'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level logged'),
})

const HubConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .optional()
    .describe('Address of the hub; needed for enrolment only'),
  enrolmentToken: z
    .string()
    .min(16)
    .optional()
    .describe('One-time token from the hub; used at the first start, worthless afterwards')
    .meta({ secret: true }),
  caSha256: z
    .string()
    .transform((text) => text.replaceAll(':', '').toLowerCase())
    .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'))
    .optional()
    .describe("SHA-256 fingerprint of the hub's CA, as the hub shows it: the only CA that enrolment trusts"),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'PEM file with the CA of an https proxy or of a broker of your own; relative to the folder of this file',
    ),
  allowPlainHttp: z
    .boolean()
    .default(false)
    .describe(
      'True: enrol over http even when the hub is at a public address, where the token can be read on the way',
    ),
  mqttUrl: z
    .url({ protocol: /^(mqtts?|wss?|tcp|ssl)$/, error: 'must be an mqtt, mqtts, ws or wss URL' })
    .optional()
    .describe('Broker to use in place of the one that the hub names at enrolment'),
})

export const OutboxConfig = z.strictObject({
  maxBytes: z
    .number()
    .int()
    .min(65_536)
    .default(512 * 1024 * 1024)
    .describe('Bytes of batches that may wait; beyond it the oldest are dropped, counted and reported'),
  maxAgeHours: z
    .number()
    .positive()
    .max(24 * 3650)
    .default(24 * 90)
    .describe('Hours that a batch may wait, counted from when it was sealed'),
  flushMs: z
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(500)
    .describe('Readings are collected this long before they are written as one batch'),
  maxPages: z
    .number()
    .int()
    .min(32)
    .optional()
    .describe(
      'Hard limit of the outbox file in pages of 4096 bytes; at the limit readings are refused and counted as on a full disk. Absent: the disk is the limit',
    ),
})

export const UplinkConfig = z.strictObject({
  inFlightBatches: z
    .number()
    .int()
    .min(1)
    .max(256)
    .default(16)
    .describe(
      'Batches that may be sent and not yet acknowledged by the hub; a quarter is kept for live ones',
    ),
  backlogReadingsPerSecond: z
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(30_000)
    .describe('Rate at which a backlog is sent; live readings are never held back'),
})

/** A bus by its driver: `key`, `driver` and the driver's own fields. */
const busSchemas = driverDefinitions.map((definition) =>
  z.strictObject({
    key: key.describe('Key of the bus, unique in the file'),
    driver: z.literal(definition.id).describe('Driver that speaks on this bus'),
    ...definition.busSchema.shape,
  }),
)
const BusConfig = z.discriminatedUnion('driver', busSchemas as [(typeof busSchemas)[0]])

export const DeviceConfig = z.strictObject({
  key: key.describe('Key of the device, unique in the file; the first part of the names of its points'),
  name: z.string().min(1).max(200).describe('Name for people'),
  bus: z.string().describe('Key of the bus that it hangs on'),
  profile: z.string().describe('Device profile: name of a file in protocols/profiles without .json'),
  address: z.unknown().describe("Where it is on the bus; the driver's own fields"),
  serial: z.string().min(1).max(100).optional().describe('Serial number; the hub matches meters by it'),
  intervals: z
    .record(z.string(), z.number().int().min(100).max(86_400_000))
    .optional()
    .describe("Milliseconds between polls by polling group, in place of the profile's"),
  disabled: z.boolean().default(false).describe('True: configured but neither polled nor shown in the hub'),
})

export const SiteSchema = z.strictObject({
  gateway: GatewayConfig.describe('This agent'),
  hub: HubConfig.prefault({}).describe('Where readings go'),
  outbox: OutboxConfig.prefault({}).describe('What waits on the disk'),
  uplink: UplinkConfig.prefault({}).describe('How it is sent'),
  buses: z.array(BusConfig).default([]).describe('Wires: on each, one request at a time'),
  devices: z.array(DeviceConfig).default([]).describe('Meters and other devices'),
})
export type SiteFile = z.infer<typeof SiteSchema>
/** The part of the site file that always stays at the box; the rest may come from the hub. */
export const LocalSchema = SiteSchema.pick({ gateway: true, hub: true })
export const managedKeys = ['buses', 'devices', 'outbox', 'uplink'] as const
export type OutboxSettings = SiteFile['outbox']
export type UplinkSettings = SiteFile['uplink']

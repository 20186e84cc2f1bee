import * as z from 'zod'

/** One bus is one device or recorder: it has its own connections, so a dead one holds up no other. */
export const HikvisionBusConfig = z.strictObject({
  host: z.string().min(1).max(253).describe('Host name or address of the device'),
  port: z.number().int().min(1).max(65_535).optional().describe('Port; absent: 80, or 443 with https'),
  https: z.boolean().default(false).describe('True: over TLS'),
  certificateSha256: z
    .string()
    .transform((text) => text.replaceAll(':', '').toLowerCase())
    .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'))
    .optional()
    .describe("SHA-256 fingerprint of the device's own certificate, the only one that is taken; absent: it must be signed by a known CA"),
  user: z.string().min(1).max(64).describe('User of the device'),
  password: z.string().min(1).max(128).meta({ secret: true }).describe('Password of the user'),
  timeoutMs: z.number().int().min(50).max(60_000).default(5_000).describe('A request without a reply in this time has failed'),
  heartbeatMs: z.number().int().min(500).max(600_000).default(60_000).describe('An event stream that is silent for longer is opened anew; devices send a sign of life every 10 to 30 s'),
  historyDays: z.number().int().min(0).max(365).default(1).describe('Days of the log that are read when the device is seen for the first time'),
  pictureMegabytes: z.number().int().min(0).max(100_000).default(500).describe('Room for pictures; the oldest make room for new ones. 0: none are kept'),
}) // prettier-ignore
export type HikvisionBusConfig = z.infer<typeof HikvisionBusConfig>

export const HikvisionAddress = z.strictObject({
  channel: z.number().int().min(1).max(512).default(1).describe('Channel of a camera at a recorder; 1 for a device by itself'),
}) // prettier-ignore
export type HikvisionAddress = z.infer<typeof HikvisionAddress>

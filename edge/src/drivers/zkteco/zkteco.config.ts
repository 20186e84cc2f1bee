import * as z from 'zod'

const port = z.number().int().min(1).max(65_535)

const Pull = (type: 'tcp' | 'udp', text: string) =>
  z.strictObject({
    type: z.literal(type).describe(text),
    port: port.default(4370).describe('Port of the terminals'),
  })

const Push = z.strictObject({
  type: z.literal('push').describe('The terminals send over HTTP (ADMS) to this gateway'),
  host: z.string().min(1).default('0.0.0.0').describe('Address that the gateway listens on'),
  port: port.default(8081).describe('Port that the gateway listens on; the cloud server port of the terminals'),
  pathSecret: z
    .string()
    .regex(/^[A-Za-z0-9_-]{8,64}$/, 'must be 8–64 letters, digits, "-" or "_"')
    .optional()
    .meta({ secret: true })
    .describe('First part of the path, for terminals whose server is a URL: http://gateway:8081/<secret>'),
  maxBodyBytes: z.number().int().min(1_024).max(16_777_216).default(1_048_576).describe('Longest upload that is taken'),
  silentAfterMs: z.number().int().min(1_000).max(3_600_000).default(90_000).describe('A terminal that has not called for this long is offline'),
  commandWaitMs: z.number().int().min(100).max(600_000).default(60_000).describe('A command that the terminal does not fetch within this time is withdrawn'),
}) // prettier-ignore

/** One bus holds many terminals: each has a session of its own, so events of one never wait for another. */
export const ZktecoBusConfig = z.strictObject({
  transport: z
    .discriminatedUnion('type', [
      Pull('tcp', 'The gateway asks the terminals over TCP (firmware of about 2012 and newer)'),
      Pull('udp', 'The gateway asks the terminals over UDP (older firmware)'),
      Push,
    ])
    .describe('How the terminals are reached'),
  timeoutMs: z
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(3_000)
    .describe('A request without a reply in this time has failed; also the limit for connecting'),
})
export type ZktecoBusConfig = z.infer<typeof ZktecoBusConfig>
export type PullTransport = Extract<ZktecoBusConfig['transport'], { type: 'tcp' | 'udp' }>
export type PushTransport = Extract<ZktecoBusConfig['transport'], { type: 'push' }>

export const ZktecoAddress = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .optional()
      .describe('Host name or address of the terminal; with push: the only address that it may call from'),
    port: port.optional().describe("Port, when it is not the bus's"),
    commKey: z
      .number()
      .int()
      .min(0)
      .max(999_999_999)
      .optional()
      .meta({ secret: true })
      .describe('Communication key that is set in the terminal; absent: none'),
    serialNumber: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/)
      .optional()
      .describe('With push: serial number by which the terminal is known'),
  })
  .refine((address) => address.host !== undefined || address.serialNumber !== undefined, {
    error: 'needs host, or serialNumber on a push bus',
  })
export type ZktecoAddress = z.infer<typeof ZktecoAddress>

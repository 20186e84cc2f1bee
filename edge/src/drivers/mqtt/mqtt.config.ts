import * as z from 'zod'

/** One bus is one broker; its devices publish there by themselves. */
export const MqttBusConfig = z
  .strictObject({
    url: z
      .url({ protocol: /^(mqtts?|wss?)$/, error: 'must be an mqtt, mqtts, ws or wss URL' })
      .describe('Address of the broker, such as mqtt://10.0.0.9:1883'),
    user: z.string().min(1).max(256).optional().describe('User name at the broker'),
    password: z.string().min(1).max(1_024).optional().meta({ secret: true }).describe('Password at the broker'),
    ca: z.string().min(1).max(65_536).optional().describe('PEM text of the CA that signed the certificate of the broker; absent: the CAs of the system'),
    clientId: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1–64 letters, digits, "-" or "_"')
      .describe('Name of this gateway at the broker, used by nobody else; the broker keeps messages for it'),
    protocolVersion: z.union([z.literal(4), z.literal(5)]).default(4).describe('4: MQTT 3.1.1, 5: MQTT 5'),
    sessionHours: z.number().int().min(1).max(8_760).default(168).describe('With MQTT 5: hours that the broker keeps messages while this gateway is away; with 3.1.1 the broker decides'),
    keepAliveSeconds: z.number().int().min(5).max(600).default(30).describe('A connection without an answer for one and a half times this is made anew'),
    timeoutMs: z.number().int().min(50).max(60_000).default(5_000).describe('Limit for connecting, and for the broker to take a command'),
    maxMessageBytes: z.number().int().min(256).max(4_194_304).default(262_144).describe('Longer messages are counted and left aside'),
  }) // prettier-ignore
export type MqttBusConfig = z.infer<typeof MqttBusConfig>

export const MqttAddress = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[^+#/\s\p{Cc}]+$/u, 'must be one level of a topic: no "/", "+", "#" or blanks')
    .describe('Name of the device in its topics: DevEUI, topic of a Tasmota plug, friendly name'),
})
export type MqttAddress = z.infer<typeof MqttAddress>

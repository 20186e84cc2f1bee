/** What a profile says for driver `mqtt`: devices that publish by themselves. */
import * as z from 'zod'

export const MqttDeviceSection = z.strictObject({
  /** Filters with `{id}` for the device's address, such as `application/+/device/{id}/event/up`. */
  topics: z.array(z.string().min(1)).min(1),
  /** A device that has sent nothing for this long is offline. */
  silentAfterMs: z.number().int().min(1_000),
  /** Path of an array of readings in one message; each element is then mapped by itself. */
  list: z.string().optional(),
  /** Path of the reading's own instant, inside the element or message; without it the time of arrival counts. */
  time: z.string().optional(),
  /** `iso` without an offset is local time of the site. */
  timeForm: z.enum(['iso', 'seconds', 'milliseconds']).default('iso'),
})
export type MqttDeviceSection = z.infer<typeof MqttDeviceSection>

/** Where a value stands in a message. Paths are dotted names with `[n]`, such as `object.meter.total`. */
export const MqttValue = z.strictObject({
  path: z.string().min(1),
  /** Only messages of a topic that ends so carry it. */
  topicEnds: z.string().optional(),
  factor: z.string().regex(/^-?\d+(\.\d+)?$/).default('1'),
  offset: z.string().regex(/^-?\d+(\.\d+)?$/).default('0'),
  /** Words in place of numbers, such as {"ON": "1", "OFF": "0"}. */
  words: z.record(z.string(), z.string()).optional(),
}) // prettier-ignore
export type MqttValue = z.infer<typeof MqttValue>

export const MqttPublish = z.strictObject({
  topic: z.string().min(1),
  /** Text of the message by action; a setpoint's is `set`, where `{value}` stands for the value. `{id}`: the address. */
  payloads: z.record(z.string(), z.string()),
})
export type MqttPublish = z.infer<typeof MqttPublish>

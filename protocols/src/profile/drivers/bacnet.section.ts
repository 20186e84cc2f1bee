/** What a profile says for driver `bacnet`. */
import * as z from 'zod'

export const BacnetDeviceSection = z.strictObject({
  /** Objects in one ReadPropertyMultiple; many stacks fail beyond about 100. 1: ReadProperty only. */
  maxObjects: z.number().int().min(1).max(100).default(25),
})

export const BacnetValue = z.strictObject({
  object: z.enum(['analogInput', 'analogOutput', 'analogValue', 'binaryInput', 'binaryOutput', 'binaryValue', 'multiStateInput', 'multiStateOutput', 'multiStateValue', 'accumulator', 'device']),
  instance: z.number().int().min(0).max(4_194_302),
  /** Number of the property; 85 is presentValue. */
  property: z.number().int().min(0).default(85),
  factor: z.string().regex(/^-?\d+(\.\d+)?$/).default('1'),
  offset: z.string().regex(/^-?\d+(\.\d+)?$/).default('0'),
}) // prettier-ignore
export type BacnetValue = z.infer<typeof BacnetValue>

export const BacnetWrite = z.strictObject({
  object: BacnetValue.shape.object,
  instance: BacnetValue.shape.instance,
  /** BACnet priority 1–16. */
  priority: z.number().int().min(1).max(16).default(8),
  /** For actions; a setpoint writes its number. */
  values: z.record(z.string(), z.number()).optional(),
})
export type BacnetWrite = z.infer<typeof BacnetWrite>

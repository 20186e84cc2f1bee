/** What a profile says for driver `hikvision` (ISAPI). */
import * as z from 'zod'

export const HikvisionDeviceSection = z.strictObject({
  kind: z.enum(['access', 'plateCamera']),
  doors: z.number().int().min(0).max(8).default(0),
  /** Which way a vehicle goes that drives towards a plate camera (`forward`). */
  lane: z.enum(['in', 'out']).optional(),
})

export const HikvisionValue = z.strictObject({
  field: z.enum(['doorState', 'cpuPercent', 'memoryPercent', 'uptimeSeconds', 'clockOffsetSeconds']),
  door: z.number().int().min(1).max(8).optional(),
})
export type HikvisionValue = z.infer<typeof HikvisionValue>

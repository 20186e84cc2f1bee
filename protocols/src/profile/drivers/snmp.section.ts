/** What a profile says for driver `snmp`. */
import * as z from 'zod'

export const SnmpDeviceSection = z.strictObject({
  /** Variables in one request. */
  maxVarbinds: z.number().int().min(1).max(60).default(20),
  /** Traps that become alarm events. */
  traps: z
    .array(
      z.strictObject({
        oid: z.string().regex(/^\d+(\.\d+)+$/),
        code: z.string(),
        severity: z.enum(['info', 'warning', 'critical']),
        state: z.enum(['raised', 'cleared']),
      }),
    )
    .default([]),
})

export const SnmpValue = z.strictObject({
  /** `{index}` stands for the row of a table that the device's address names. */
  oid: z.string().regex(/^\d+(\.(\d+|\{index\}))+$/),
  factor: z.string().regex(/^-?\d+(\.\d+)?$/).default('1'),
  offset: z.string().regex(/^-?\d+(\.\d+)?$/).default('0'),
}) // prettier-ignore
export type SnmpValue = z.infer<typeof SnmpValue>

export const SnmpWrite = z.strictObject({
  oid: SnmpValue.shape.oid,
  /** Syntax of the variable that is set. */
  syntax: z.enum(['integer', 'gauge']).default('integer'),
  values: z.record(z.string(), z.number().int()).optional(),
})
export type SnmpWrite = z.infer<typeof SnmpWrite>

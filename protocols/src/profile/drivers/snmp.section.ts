/** What a profile says for driver `snmp`. */
import * as z from 'zod'

/** A notification that is an alarm, or its end. */
export const SnmpTrap = z.strictObject({
  /** Value of snmpTrapOID; for traps of version 1 as RFC 3584, 3.1 makes it of them. */
  oid: z.string().regex(/^\d+(\.\d+)+$/),
  code: z.string().min(1).max(60),
  severity: z.enum(['info', 'warning', 'critical']),
  state: z.enum(['raised', 'cleared']),
  /**
   * Column whose variable tells what the alarm is about: its row is added to the code (`linkDown.3`), or the last
   * number of its value when that is an object identifier.
   */
  subject: z.string().regex(/^\d+(\.\d+)+$/).optional(),
}) // prettier-ignore
export type SnmpTrap = z.infer<typeof SnmpTrap>

export const SnmpDeviceSection = z.strictObject({
  /** Variables in one request. */
  maxVarbinds: z.number().int().min(1).max(60).default(20),
  /** Traps that become alarm events. */
  traps: z.array(SnmpTrap).default([]),
})

export const SnmpValue = z.strictObject({
  /** `{index}` stands for the row of a table that the device's address names. */
  oid: z.string().regex(/^\d+(\.(\d+|\{index\}))+$/),
  factor: z.string().regex(/^-?\d+(\.\d+)?$/).default('1'),
  offset: z.string().regex(/^-?\d+(\.\d+)?$/).default('0'),
  /** Raw numbers by which the device says that it has no value, such as -1. */
  invalid: z.array(z.number().int()).optional(),
}) // prettier-ignore
export type SnmpValue = z.infer<typeof SnmpValue>

export const SnmpWrite = z.strictObject({
  oid: SnmpValue.shape.oid,
  /** Syntax of the variable that is set. */
  syntax: z.enum(['integer', 'gauge']).default('integer'),
  /** From the variable to the command's unit: what is set is the value divided by it. */
  factor: z.string().regex(/^-?\d+(\.\d+)?$/).default('1'),
  values: z.record(z.string(), z.number().int()).optional(),
}) // prettier-ignore
export type SnmpWrite = z.infer<typeof SnmpWrite>

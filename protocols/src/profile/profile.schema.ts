/** A device model as data: one JSON file in `protocols/profiles/` per model. */
import * as z from 'zod'
import { Label, Medium, PointKind } from '../contract/telemetry.ts'

/** Forms in which Modbus devices keep numbers. */
export const ModbusValueType = z.enum([
  'u8', 'u16', 'u32', 'u48', 'u64',
  's8', 's16', 's32', 's64',
  'float16', 'float32', 'float64',
  'bcd8', 'bcd16', 'bcd32',
  'bits',
]) // prettier-ignore
export type ModbusValueType = z.infer<typeof ModbusValueType>

/** Where and how a value stands in the registers. Addresses are base 0. */
export const ModbusRegister = z.strictObject({
  function: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  address: z.number().int().min(0).max(0xffff),
  type: ModbusValueType,
  /** A is the most significant byte of a 32-bit value: ABCD big endian, CDAB words swapped, and so on. */
  order: z.enum(['ABCD', 'BADC', 'CDAB', 'DCBA']).default('ABCD'),
  /** For `bits`: field of `width` bits, `shift` from the least significant. */
  shift: z.number().int().min(0).max(15).optional(),
  width: z.number().int().min(1).max(16).optional(),
  /** Exact decimal factor from the raw number to the unit, such as "0.01". */
  factor: z.string().regex(/^-?\d+(\.\d+)?$/).default('1'),
  /** Added after the factor, in the unit. */
  offset: z.string().regex(/^-?\d+(\.\d+)?$/).default('0'),
  /** Address of a register that holds a signed power of ten to multiply by (same function). */
  exponentAddress: z.number().int().min(0).max(0xffff).optional(),
  /** Raw values, as hexadecimal of the full width in ABCD order, by which the device says "no value". NaN and infinity always count. */
  invalid: z.array(z.string().regex(/^[0-9a-f]+$/)).default([]),
}) // prettier-ignore
export type ModbusRegister = z.infer<typeof ModbusRegister>

export const ProfilePoint = z.strictObject({
  key: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
  label: Label,
  kind: PointKind,
  code: z.string(),
  unit: z.string(),
  /** Decimal places that are kept; the value is rounded half away from zero to them. */
  scale: z.number().int().min(0).max(9),
  /** Digits of a register before it rolls over, in units of 10^-scale. */
  digits: z.number().int().min(1).max(18).optional(),
  /** A dip of at most this much (in the unit) is jitter of the display, not a reset. */
  jitter: z.string().optional(),
  /** Plausible range in the unit; outside it the reading is `uncertain`. */
  range: z.tuple([z.string(), z.string()]).optional(),
  group: z.string(),
  /** True where some firmware lacks it: an exception is then no fault of the device. */
  optional: z.boolean().default(false),
  modbus: ModbusRegister.optional(),
})
export type ProfilePoint = z.infer<typeof ProfilePoint>

export const DeviceProfile = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  manufacturer: z.string(),
  model: z.string(),
  label: Label,
  medium: Medium,
  driver: z.enum(['modbus']),
  /** Where the facts come from. */
  sources: z.array(z.string()).min(1),
  /** What the profile was checked against; empty when only against its own simulator. */
  checkedAgainst: z.array(z.string()).default([]),
  notes: z.string().optional(),
  modbus: z
    .strictObject({
      /** Registers in one request; the standard allows 125, some meters less. */
      maxRegisters: z.number().int().min(1).max(125).default(125),
      /** Undeclared registers that a merged request may read across. */
      holeLimit: z.number().int().min(0).max(124).default(8),
    })
    .optional(),
  /** Polling groups; a site can override the intervals. */
  groups: z.record(z.string(), z.strictObject({ intervalMs: z.number().int().min(100) })),
  points: z.array(ProfilePoint).min(1),
})
export type DeviceProfile = z.infer<typeof DeviceProfile>

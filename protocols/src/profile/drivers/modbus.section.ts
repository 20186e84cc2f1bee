/** What a profile says for driver `modbus`. */
import * as z from 'zod'

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

export const ModbusDeviceSection = z.strictObject({
  /** Registers in one request; the standard allows 125, some meters less. */
  maxRegisters: z.number().int().min(1).max(125).default(125),
  /** Undeclared registers that a merged request may read across. */
  holeLimit: z.number().int().min(0).max(124).default(8),
})

/** How a command is written. Functions 5 and 15 write coils, 6 and 16 registers. */
export const ModbusWrite = z.strictObject({
  function: z.union([z.literal(5), z.literal(6), z.literal(15), z.literal(16)]),
  address: z.number().int().min(0).max(0xffff),
  /** For setpoints: the form of the number. */
  type: ModbusValueType.optional(),
  order: z.enum(['ABCD', 'BADC', 'CDAB', 'DCBA']).default('ABCD'),
  factor: z.string().regex(/^-?\d+(\.\d+)?$/).default('1'),
  offset: z.string().regex(/^-?\d+(\.\d+)?$/).default('0'),
  /** For actions: the raw number (coil: 0 or 1) that each writes, such as {"open": 1, "close": 0}. */
  values: z.record(z.string(), z.number().int().min(0).max(0xffff)).optional(),
}) // prettier-ignore
export type ModbusWrite = z.infer<typeof ModbusWrite>

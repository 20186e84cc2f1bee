/** What a profile says for driver `cjt188`. */
import * as z from 'zod'

export const Cjt188DeviceSection = z.strictObject({
  edition: z.enum(['2004', '2018']),
  /** Type of meter on the wire (T), hexadecimal: 10 cold water, 11 hot, 12 drinking, 13 reclaimed, 20 heat, 21 cold, 30 gas. */
  meterType: z.string().regex(/^[0-9A-F]{2}$/),
  /** Which byte of the identifier comes first on the wire: the field has both, so the site may override it. */
  diOrder: z.enum(['lowFirst', 'highFirst']),
})

/** A value inside the reply to one data identifier. */
export const Cjt188Value = z.strictObject({
  /** Such as `901F`. */
  di: z.string().regex(/^[0-9A-F]{4}$/),
  /** Byte of the data after DI and SER at which the value begins. */
  offset: z.number().int().min(0).max(120),
  length: z.number().int().min(1).max(8),
  places: z.number().int().min(0).max(6).default(0),
  /** A unit byte follows the value; the driver converts to the unit of the point or says `invalid`. */
  unitByte: z.boolean().default(false),
  /** The unit byte stands before the value, at `offset` − 1: heat meters of several makers. */
  unitFirst: z.boolean().default(false),
  form: z.enum(['bcd', 'bits']).default('bcd'),
  shift: z.number().int().min(0).max(63).optional(),
  width: z.number().int().min(1).max(32).optional(),
})
export type Cjt188Value = z.infer<typeof Cjt188Value>

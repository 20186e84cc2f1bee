/** What a profile says for driver `dlt645`. */
import * as z from 'zod'

export const Dlt645DeviceSection = z.strictObject({
  /** Edition of the standard: 2007 has identifiers of 4 bytes, 1997 of 2. */
  edition: z.enum(['2007', '1997']).default('2007'),
})

/** A value inside the reply to one data identifier. */
export const Dlt645Value = z.strictObject({
  /** As the standard writes it, high byte first: `00010000`; 1997: `9010`. */
  di: z.string().regex(/^([0-9A-F]{8}|[0-9A-F]{4})$/),
  /** Byte of the reply's data at which the value begins, for blocks and frozen records. */
  offset: z.number().int().min(0).max(199).default(0),
  /** Bytes of BCD, low byte first. */
  length: z.number().int().min(1).max(8),
  /** Decimal places of the BCD number on the wire. */
  places: z.number().int().min(0).max(6),
  /** The top bit of the last byte on the wire is a sign. */
  signed: z.boolean().default(false),
  /** From the number on the wire to the unit, such as "1000" from kW to W. */
  factor: z.string().regex(/^-?\d+(\.\d+)?$/).default('1'),
  /** `bits`: not BCD but a field of bits of the status word. */
  form: z.enum(['bcd', 'bits']).default('bcd'),
  shift: z.number().int().min(0).max(63).optional(),
  width: z.number().int().min(1).max(32).optional(),
}) // prettier-ignore
export type Dlt645Value = z.infer<typeof Dlt645Value>

import * as z from 'zod'
import { meterBusFields } from '../meter-bus/line-config.ts'

/** What a CJ/T 188 bus says besides its key: one line with its meters. */
export const Cjt188BusConfig = z.strictObject(meterBusFields)
export type Cjt188BusConfig = z.infer<typeof Cjt188BusConfig>

export const Cjt188Address = z.strictObject({
  address: z
    .string({ error: 'fourteen digits in quotation marks' })
    .regex(/^[0-9A-F]{14}$/, 'must be fourteen digits: four of the manufacturer, ten of the plate')
    .describe('Address, fourteen digits, A6 first: four of the manufacturer, then the ten of the plate'),
  diOrder: z
    .enum(['lowFirst', 'highFirst'])
    .optional()
    .describe('Order of the two bytes of identifiers, where this meter differs from its profile: `highFirst` is 90 1F'), // prettier-ignore
})
export type Cjt188Address = z.infer<typeof Cjt188Address>

/** Data of the free `write` command. */
export const Cjt188WriteData = z
  .strictObject({
    di: z.string().regex(/^[0-9A-F]{4}$/).describe('Data identifier, four digits as the standard writes it'),
    data: z
      .string()
      .regex(/^([0-9A-Fa-f]{2} ?){1,47}$/)
      .describe('Bytes in hexadecimal as on the wire, low byte first'),
  })
  .describe('Writes data (control code 04; 15 for A018, 16 for A016)') // prettier-ignore

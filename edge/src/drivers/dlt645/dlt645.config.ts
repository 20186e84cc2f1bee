import * as z from 'zod'
import { meterBusFields } from '../meter-bus/line-config.ts'

/** What a DL/T 645 bus says besides its key: one line with its meters. */
export const Dlt645BusConfig = z.strictObject(meterBusFields)
export type Dlt645BusConfig = z.infer<typeof Dlt645BusConfig>

export const Dlt645Address = z.strictObject({
  address: z
    .string({ error: 'twelve digits in quotation marks' })
    .regex(/^\d{12}$/, 'must be the twelve digits of the plate, zeros in front')
    .describe('Communication address, twelve digits as on the plate, in quotation marks'),
  password: z
    .string({ error: 'eight digits in quotation marks' })
    .regex(/^\d{8}$/, 'must be eight digits: level and password, such as 02 and six digits')
    .optional()
    .meta({ secret: true })
    .describe('Level (two digits) and password (six) for relay, clock and writing; without it these are refused'),
  operatorCode: z
    .string({ error: 'eight digits in quotation marks' })
    .regex(/^[0-9A-F]{8}$/, 'must be eight digits')
    .default('00000000')
    .meta({ secret: true })
    .describe('Operator code, eight digits, that the meter keeps in its log'),
  closeBy: z
    .enum(['direct', 'permit'])
    .default('direct')
    .describe('How a relay is closed: `direct` (1C), or `permit` (1B): a person closes it by the button'),
}) // prettier-ignore
export type Dlt645Address = z.infer<typeof Dlt645Address>

/** Data of the free `write` command. */
export const Dlt645WriteData = z
  .strictObject({
    di: z.string().regex(/^[0-9A-F]{8}$/).describe('Data identifier, eight digits as the standard writes it'),
    data: z
      .string()
      .regex(/^([0-9A-Fa-f]{2} ?){1,180}$/)
      .describe('Bytes in hexadecimal as on the wire, low byte first, without 33H'),
  })
  .describe('Writes data with the password of the device (control code 14)') // prettier-ignore

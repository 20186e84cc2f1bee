/** What buses of meters say about their line: the usual bit rate of meters is not that of Modbus. */
import * as z from 'zod'
import { SerialTransport, StreamTransport } from '../byte-channel.ts'

const MeterSerial = SerialTransport.extend({
  baudRate: SerialTransport.shape.baudRate.unwrap().default(2_400).describe('Bits per second'),
  parity: z.enum(['none', 'even', 'odd']).default('even').describe('Parity'),
})

/** Serial port or converter; 2400 8E1 unless the site says otherwise. */
export const MeterTransport = z
  .discriminatedUnion('type', [MeterSerial, StreamTransport])
  .describe('How the line is reached: `serial` or `tcp`')

export const meterBusFields = {
  transport: MeterTransport,
  timeoutMs: z
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(1_500)
    .describe('A request without the first byte of a reply in this time has failed; also the limit for connecting'), // prettier-ignore
  pauseMs: z
    .number()
    .int()
    .min(0)
    .max(5_000)
    .default(20)
    .describe('Silence on the line before a request; the standards want 20 ms'),
  preambleBytes: z
    .number()
    .int()
    .min(0)
    .max(16)
    .default(4)
    .describe('Bytes FE before each request that wake the meters'),
}

import * as z from 'zod'
import { maxValues } from '@courtyard/protocols/modbus'
import { SerialTransport, StreamTransport } from '../byte-channel.ts'

const TcpTransport = z.strictObject({
  type: z.literal('tcp').describe('Modbus TCP, to a device or through a gateway'),
  host: z.string().min(1).describe('Host name or address of the device or of the RS-485 gateway'),
  port: z.number().int().min(1).max(65_535).default(502).describe('TCP port'),
})
const RtuOverTcpTransport = StreamTransport.extend({
  type: z
    .literal('rtu-tcp')
    .describe('RTU frames through a converter that passes the bytes of the serial line'),
})

/** What a Modbus bus says besides its key: one wire with its units, or one device that speaks Modbus TCP. */
export const ModbusBusConfig = z.strictObject({
  transport: z
    .discriminatedUnion('type', [TcpTransport, RtuOverTcpTransport, SerialTransport])
    .describe('How the bus is reached: `tcp`, `rtu-tcp` or `serial`'),
  timeoutMs: z
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(1000)
    .describe(
      'A request without a reply in this time has failed (on a serial line: without its first byte); also the limit for connecting',
    ),
  pauseMs: z
    .number()
    .int()
    .min(0)
    .max(5_000)
    .default(0)
    .describe(
      'Silence between a reply and the next request, for RS-485 gateways that need it; RTU never has less than 3.5 characters',
    ),
})
export type ModbusBusConfig = z.infer<typeof ModbusBusConfig>

export const ModbusAddress = z.strictObject({
  unitId: z.number().int().min(0).max(255).describe('Unit id; 1–247 on RS-485, often 255 or 0 without'),
  maxRegisters: z
    .number()
    .int()
    .min(4)
    .max(125)
    .optional()
    .describe('Registers in one request, when this unit allows fewer than its profile says'),
})
export type ModbusAddress = z.infer<typeof ModbusAddress>

/** Data of the free `write` command. */
export const ModbusWriteData = z
  .strictObject({
    function: z
      .union([z.literal(5), z.literal(6), z.literal(15), z.literal(16)])
      .describe('5 one coil, 6 one register, 15 coils, 16 registers'),
    address: z.number().int().min(0).max(0xffff).describe('Address of the first, counted from 0'),
    values: z
      .array(z.number().int().min(0).max(0xffff))
      .min(1)
      .max(1968)
      .describe('Coils as 0 and 1, registers as 0–65535'),
  })
  .superRefine(({ function: fn, address, values }, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['values'], message })
    if (values.length > maxValues[fn]) refuse(`function ${fn} takes at most ${maxValues[fn]}`)
    if (address + values.length > 0x10000) refuse('run beyond address 65535')
    if ((fn === 5 || fn === 15) && values.some((value) => value > 1)) refuse('a coil is 0 or 1')
  })
export type ModbusWriteData = z.infer<typeof ModbusWriteData>

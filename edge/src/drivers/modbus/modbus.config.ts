import * as z from 'zod'

/** What a Modbus bus says besides its key: one gateway or one device that speaks Modbus TCP. */
export const ModbusBusConfig = z.strictObject({
  transport: z
    .strictObject({
      type: z.literal('tcp').describe('Kind of connection'),
      host: z.string().min(1).describe('Host name or address of the device or of the RS-485 gateway'),
      port: z.number().int().min(1).max(65_535).default(502).describe('TCP port'),
    })
    .describe('How the bus is reached'),
  timeoutMs: z
    .number()
    .int()
    .min(50)
    .max(60_000)
    .default(1000)
    .describe('A request without a reply in this time has failed; also the limit for connecting'),
  pauseMs: z
    .number()
    .int()
    .min(0)
    .max(5_000)
    .default(0)
    .describe('Silence between a reply and the next request, for RS-485 gateways that need it'),
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

/**
 * A line of bytes shared by all units of a bus: a serial port, or the TCP socket of a converter that passes bytes
 * through. One exchange at a time; the caller queues.
 */
import * as z from 'zod'

export const SerialTransport = z.strictObject({
  type: z.literal('serial').describe('Kind of connection'),
  path: z.string().min(1).describe('Device file of the port, such as /dev/ttyUSB0 or /dev/serial/by-id/…'),
  baudRate: z.number().int().min(300).max(921_600).default(9_600).describe('Bits per second'),
  dataBits: z.union([z.literal(7), z.literal(8)]).default(8).describe('Data bits'),
  parity: z.enum(['none', 'even', 'odd']).default('none').describe('Parity'),
  stopBits: z.union([z.literal(1), z.literal(2)]).default(1).describe('Stop bits'),
}) // prettier-ignore
export const StreamTransport = z.strictObject({
  type: z.literal('tcp').describe('Kind of connection: a converter that passes the bytes of the serial line'),
  host: z.string().min(1).describe('Host name or address of the converter'),
  port: z.number().int().min(1).max(65_535).describe('TCP port'),
})

/** How the line is reached. */
export const LineTransport = z.discriminatedUnion('type', [SerialTransport, StreamTransport])
export type LineTransport = z.infer<typeof LineTransport>

/** Equal for two buses on the same wire. */
export function lineIdentity(line: LineTransport): string {
  return line.type === 'serial' ? `serial ${line.path}` : `tcp ${line.host}:${line.port}`
}

/** For people: `/dev/ttyUSB0 9600 8N1`, `10.0.0.9:4001`. */
export function describeLine(line: LineTransport): string {
  if (line.type === 'tcp') return `${line.host}:${line.port}`
  return `${line.path} ${line.baudRate} ${line.dataBits}${line.parity[0]!.toUpperCase()}${line.stopBits}`
}

/** How long one character takes on the wire: start bit, data bits, parity bit, stop bits. Null where nobody knows. */
export function characterMs(line: LineTransport): number | null {
  if (line.type === 'tcp') return null
  const bits = 1 + line.dataBits + (line.parity === 'none' ? 0 : 1) + line.stopBits
  return (bits * 1000) / line.baudRate
}

import { SerialDevice, type SerialOptions } from '../serial/serial-device.ts'
import { RtuLine } from './rtu-line.ts'
import type { ServerStats } from './stats.ts'
import type { UnitHandler } from './unit-answer.ts'

/** Units on a serial port. */
export function rtuSerial(options: SerialOptions, handler: UnitHandler, stats: ServerStats): SerialDevice {
  return new SerialDevice(options, (write, close) => new RtuLine(handler, stats, { write, reset: close }))
}

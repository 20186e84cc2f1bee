/** Units that can be told something, on Modbus TCP, RTU over TCP and, if asked, a serial port. */
import type { DeviceFault, RunningDevice } from '../device.ts'
import { parseSerialLine } from '../options.ts'
import { IoUnits, type IoUnitOptions } from './io-units.ts'
import { ModbusServer } from './modbus-server.ts'
import { RtuServer } from './rtu-server.ts'
import { rtuSerial } from './rtu-serial.ts'

export interface RunningIoDevice extends RunningDevice {
  readonly rtuPort: number
  setFault(unit: string, fault: DeviceFault | null): void
  truth(unit: string): ReturnType<IoUnits['truth']>
}

/** `serial`: `path` or `path,9600,8N1`. Rejects with the system's error when a port cannot be opened. */
export async function startIoDevice(
  units: readonly IoUnitOptions[],
  serial?: string,
): Promise<RunningIoDevice> {
  const io = new IoUnits(units)
  const tcp = new ModbusServer(io.handler, io.stats)
  const rtu = new RtuServer(io.handler, io.stats)
  const line =
    serial === undefined ? null : rtuSerial(parseSerialLine(`device=${serial}`), io.handler, io.stats)
  await line?.start()
  return {
    port: await tcp.listen(0, '127.0.0.1'),
    rtuPort: await rtu.listen(0, '127.0.0.1'),
    setFault: (unit, fault) => io.setFault(Number(unit), fault),
    truth: (unit) => io.truth(Number(unit)),
    stop: async () => {
      io.stop()
      await Promise.all([tcp.stop(), rtu.stop(), line?.stop()])
    },
  }
}

import type { Quality, Reading } from '@courtyard/protocols/contract'
import type { BusDriver, DriverContext, DriverDevice, PollOutcome } from '../driver.ts'
import type { ModbusAddress, ModbusBusConfig } from './modbus.config.ts'
import { ModbusConnection } from './modbus.connection.ts'
import { ModbusDevice } from './modbus.device.ts'

/** One Modbus TCP bus and its units. */
export class ModbusDriver implements BusDriver {
  private readonly connection: ModbusConnection
  private readonly devices: Map<string, ModbusDevice>

  constructor(context: DriverContext<ModbusBusConfig>, devices: readonly DriverDevice<ModbusAddress>[]) {
    const { bus, clock, logger, connectTcp } = context
    this.connection = new ModbusConnection(bus, clock, connectTcp)
    this.devices = new Map(
      devices.map((device) => [device.key, new ModbusDevice(device, this.connection, clock, logger)]),
    )
  }

  get connected(): boolean {
    return this.connection.connected
  }

  poll(deviceKey: string, group: string): Promise<PollOutcome> {
    return this.deviceOf(deviceKey).poll(group)
  }

  probe(deviceKey: string): Promise<PollOutcome> {
    return this.deviceOf(deviceKey).probe()
  }

  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[] {
    return this.deviceOf(deviceKey).emptyReadings(quality)
  }

  async stop(): Promise<void> {
    this.connection.stop()
  }

  private deviceOf(key: string): ModbusDevice {
    const device = this.devices.get(key)
    if (!device) throw new RangeError(`no device ${key} on this bus`)
    return device
  }
}

import type { Quality, Reading } from '@courtyard/protocols/contract'
import type {
  BusDriver,
  CommandOutcome,
  DeviceCommand,
  DriverContext,
  DriverDevice,
  PollOutcome,
} from '../driver.ts'
import { ModbusCommander } from './modbus.commander.ts'
import type { ModbusAddress, ModbusBusConfig } from './modbus.config.ts'
import type { ModbusConnection } from './modbus.connection.ts'
import { ModbusDevice } from './modbus.device.ts'
import { openConnection } from './open-connection.ts'

/** One Modbus bus and its units. */
export class ModbusDriver implements BusDriver {
  private readonly connection: ModbusConnection
  private readonly devices: Map<string, ModbusDevice>
  private readonly commanders: Map<string, ModbusCommander>

  constructor(context: DriverContext<ModbusBusConfig>, devices: readonly DriverDevice<ModbusAddress>[]) {
    const { clock, logger } = context
    this.connection = openConnection(context)
    this.devices = new Map(
      devices.map((device) => [device.key, new ModbusDevice(device, this.connection, clock, logger)]),
    )
    this.commanders = new Map(
      devices.map((device) => [device.key, new ModbusCommander(device, this.connection, clock)]),
    )
  }

  get connected(): boolean {
    return this.connection.connected
  }

  poll(deviceKey: string, group: string): Promise<PollOutcome> {
    return known(this.devices, deviceKey).poll(group)
  }

  probe(deviceKey: string): Promise<PollOutcome> {
    return known(this.devices, deviceKey).probe()
  }

  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[] {
    return known(this.devices, deviceKey).emptyReadings(quality)
  }

  execute(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome> {
    return known(this.commanders, deviceKey).execute(command)
  }

  confirm(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome | null> {
    return known(this.commanders, deviceKey).confirm(command)
  }

  stop(): Promise<void> {
    return this.connection.stop()
  }
}

function known<T>(things: ReadonlyMap<string, T>, key: string): T {
  const thing = things.get(key)
  if (!thing) throw new RangeError(`no device ${key} on this bus`)
  return thing
}

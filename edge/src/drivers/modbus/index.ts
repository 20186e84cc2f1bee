import type { DriverDefinition } from '../driver.ts'
import { ModbusAddress, ModbusBusConfig } from './modbus.config.ts'
import { ModbusDriver } from './modbus.driver.ts'

const endpoint = (bus: ModbusBusConfig) => `${bus.transport.host}:${bus.transport.port}`

export const modbusDriver: DriverDefinition<ModbusBusConfig, ModbusAddress> = {
  id: 'modbus',
  busSchema: ModbusBusConfig,
  addressSchema: ModbusAddress,
  busIdentity: (bus) => `tcp ${endpoint(bus)}`,
  deviceIdentity: (address) => `unit ${address.unitId}`,
  describeBus: endpoint,
  describeDevice: (bus, address) => `${endpoint(bus)} unit ${address.unitId}`,
  create: (context, devices) => new ModbusDriver(context, devices),
}

import { describeLine, lineIdentity, type LineTransport } from '../byte-channel.ts'
import type { DriverDefinition } from '../driver.ts'
import { ModbusAddress, ModbusBusConfig, ModbusWriteData } from './modbus.config.ts'
import { ModbusDriver } from './modbus.driver.ts'
import { scanModbus } from './modbus.scan.ts'

/** A host and port are one wire, whatever frames go through. */
const lineOf = ({ transport }: ModbusBusConfig): LineTransport =>
  transport.type === 'serial' ? transport : { ...transport, type: 'tcp' }

export const modbusDriver: DriverDefinition<ModbusBusConfig, ModbusAddress> = {
  id: 'modbus',
  busSchema: ModbusBusConfig,
  addressSchema: ModbusAddress,
  writeSchema: ModbusWriteData,
  busIdentity: (bus) => lineIdentity(lineOf(bus)),
  deviceIdentity: (address) => `unit ${address.unitId}`,
  describeBus: (bus) => describeLine(lineOf(bus)),
  describeDevice: (bus, address) => `${describeLine(lineOf(bus))} unit ${address.unitId}`,
  create: (context, devices) => new ModbusDriver(context, devices),
  scan: scanModbus,
}

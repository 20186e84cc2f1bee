import type { DriverContext } from '../driver.ts'
import type { ModbusBusConfig } from './modbus.config.ts'
import type { ModbusConnection } from './modbus.connection.ts'
import { ModbusRtuConnection } from './modbus-rtu.connection.ts'
import { ModbusTcpConnection } from './modbus-tcp.connection.ts'

/** The connection that the bus's transport asks for; opened with the first request. */
export function openConnection({
  bus,
  clock,
  connectTcp,
}: Pick<DriverContext<ModbusBusConfig>, 'bus' | 'clock' | 'connectTcp'>): ModbusConnection {
  if (bus.transport.type === 'tcp') return new ModbusTcpConnection(bus, bus.transport, clock, connectTcp)
  return new ModbusRtuConnection(bus, bus.transport, clock, connectTcp)
}

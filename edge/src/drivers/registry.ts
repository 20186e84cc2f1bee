/** Every driver that this agent has. A new protocol is one folder and one line here. */
import { bacnetDriver } from './bacnet/index.ts'
import { cjt188Driver } from './cjt188/index.ts'
import { dlt645Driver } from './dlt645/index.ts'
import type { DriverDefinition } from './driver.ts'
import { hikvisionDriver } from './hikvision/index.ts'
import { modbusDriver } from './modbus/index.ts'
import { mqttDriver } from './mqtt/index.ts'
import { opcuaDriver } from './opcua/index.ts'
import { snmpDriver } from './snmp/index.ts'
import { zktecoDriver } from './zkteco/index.ts'

// The registry forgets each driver's own types; its schemas bring them back where values enter.
export const driverDefinitions = [
  modbusDriver,
  dlt645Driver,
  cjt188Driver,
  opcuaDriver,
  zktecoDriver,
  snmpDriver,
  bacnetDriver,
  mqttDriver,
  hikvisionDriver,
] as const

const byId = new Map<string, DriverDefinition>(
  driverDefinitions.map((definition) => [definition.id, definition as unknown as DriverDefinition]),
)

export function findDriver(id: string): DriverDefinition | undefined {
  return byId.get(id)
}

/** Every driver that this agent has. A new protocol is one folder and one line here. */
import type { DriverDefinition } from './driver.ts'
import { modbusDriver } from './modbus/index.ts'

// The registry forgets each driver's own types; its schemas bring them back where values enter.
export const driverDefinitions = [modbusDriver] as const

const byId = new Map<string, DriverDefinition>(
  driverDefinitions.map((definition) => [definition.id, definition as unknown as DriverDefinition]),
)

export function findDriver(id: string): DriverDefinition | undefined {
  return byId.get(id)
}

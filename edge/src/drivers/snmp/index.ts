import type { DriverDefinition } from '../driver.ts'
import { SnmpAddress, SnmpBusConfig, SnmpWriteData } from './snmp.config.ts'
import { SnmpDriver } from './snmp.driver.ts'
import { scanSnmp } from './snmp.scan.ts'

export const snmpDriver: DriverDefinition<SnmpBusConfig, SnmpAddress> = {
  id: 'snmp',
  busSchema: SnmpBusConfig,
  addressSchema: SnmpAddress,
  writeSchema: SnmpWriteData,
  // What two buses must not share is the port that traps come to; else any number may run side by side.
  busIdentity: ({ traps, lane }) => (traps ? `snmp traps ${traps.host}:${traps.port}` : `snmp lane ${lane}`),
  deviceIdentity: ({ host, port, index }) => `${host}:${port} ${index ?? ''}`,
  describeBus: ({ lane, traps }) =>
    traps ? `lane ${lane}, traps on ${traps.host}:${traps.port}` : `lane ${lane}`,
  describeDevice: (_bus, { host, port, index }) =>
    `${host}:${port}${index === undefined ? '' : ` index ${index}`}`,
  confirms: ({ snmp }) => snmp !== undefined,
  create: (context, devices) => new SnmpDriver(context, devices),
  scan: scanSnmp,
}

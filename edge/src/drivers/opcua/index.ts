import type { DriverDefinition } from '../driver.ts'
import { OpcuaAddress, OpcuaBusConfig, OpcuaWriteData } from './opcua.config.ts'
import { OpcuaDriver } from './opcua.driver.ts'
import { scanOpcua } from './opcua.scan.ts'

const place = ({ root, path }: OpcuaAddress) => root ?? path!.join('/')

export const opcuaDriver: DriverDefinition<OpcuaBusConfig, OpcuaAddress> = {
  id: 'opcua',
  busSchema: OpcuaBusConfig,
  addressSchema: OpcuaAddress,
  writeSchema: OpcuaWriteData,
  busIdentity: ({ url, user }) => `${url.toLowerCase().replace(/\/$/, '')}${user === undefined ? '' : ` as ${user}`}`,
  deviceIdentity: (address) => `node ${place(address)}`,
  describeBus: ({ url }) => url,
  describeDevice: ({ url }, address) => `${url} ${place(address)}`,
  confirms: () => true,
  create: (context, devices) => new OpcuaDriver(context, devices),
  scan: scanOpcua,
} // prettier-ignore

import { describeLine, lineIdentity } from '../byte-channel.ts'
import type { DriverDefinition } from '../driver.ts'
import { Dlt645Address, Dlt645BusConfig, Dlt645WriteData } from './dlt645.config.ts'
import { Dlt645Driver } from './dlt645.driver.ts'
import { scanDlt645 } from './dlt645.scan.ts'

export const dlt645Driver: DriverDefinition<Dlt645BusConfig, Dlt645Address> = {
  id: 'dlt645',
  busSchema: Dlt645BusConfig,
  addressSchema: Dlt645Address,
  writeSchema: Dlt645WriteData,
  busIdentity: (bus) => lineIdentity(bus.transport),
  deviceIdentity: ({ address }) => `address ${address}`,
  describeBus: (bus) => describeLine(bus.transport),
  describeDevice: (bus, { address }) => `${describeLine(bus.transport)} address ${address}`,
  confirms: ({ kind }) => kind === 'clock',
  create: (context, devices) => new Dlt645Driver(context, devices),
  scan: scanDlt645,
}

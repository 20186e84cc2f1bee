import { describeLine, lineIdentity } from '../byte-channel.ts'
import type { DriverDefinition } from '../driver.ts'
import { Cjt188Address, Cjt188BusConfig, Cjt188WriteData } from './cjt188.config.ts'
import { Cjt188Driver } from './cjt188.driver.ts'
import { scanCjt188 } from './cjt188.scan.ts'

export const cjt188Driver: DriverDefinition<Cjt188BusConfig, Cjt188Address> = {
  id: 'cjt188',
  busSchema: Cjt188BusConfig,
  addressSchema: Cjt188Address,
  writeSchema: Cjt188WriteData,
  busIdentity: (bus) => lineIdentity(bus.transport),
  deviceIdentity: ({ address }) => `address ${address}`,
  describeBus: (bus) => describeLine(bus.transport),
  describeDevice: (bus, { address }) => `${describeLine(bus.transport)} address ${address}`,
  confirms: ({ kind }) => kind === 'clock',
  create: (context, devices) => new Cjt188Driver(context, devices),
  scan: scanCjt188,
}

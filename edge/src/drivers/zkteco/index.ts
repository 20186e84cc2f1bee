import type { DriverDefinition } from '../driver.ts'
import { PullDriver } from './pull.driver.ts'
import { PushDriver } from './push.driver.ts'
import { ZktecoAddress, ZktecoBusConfig } from './zkteco.config.ts'

export const zktecoDriver: DriverDefinition<ZktecoBusConfig, ZktecoAddress> = {
  id: 'zkteco',
  busSchema: ZktecoBusConfig,
  addressSchema: ZktecoAddress,
  // Terminals have a wire of their own each; only a port that is listened on cannot be shared.
  busIdentity: ({ transport }) =>
    transport.type === 'push' ? `tcp port ${transport.port} of this gateway` : `zkteco ${transport.type} port ${transport.port}`, // prettier-ignore
  deviceIdentity: ({ serialNumber, host, port }) =>
    serialNumber === undefined ? `terminal ${host}${port === undefined ? '' : `:${port}`}` : `terminal ${serialNumber}`, // prettier-ignore
  describeBus: ({ transport }) =>
    transport.type === 'push' ? `listens on ${transport.host}:${transport.port}` : `${transport.type} port ${transport.port}`, // prettier-ignore
  describeDevice: ({ transport }, { serialNumber, host, port }) =>
    transport.type === 'push' ? `serial number ${serialNumber}` : `${host}:${port ?? transport.port}`,
  create: (context, devices) => {
    const { transport } = context.bus
    return transport.type === 'push'
      ? new PushDriver(context, transport, devices)
      : new PullDriver(context, transport, devices)
  },
}

import type { DriverDefinition } from '../driver.ts'
import { BacnetAddress, BacnetBusConfig, BacnetWriteData } from './bacnet.config.ts'
import { BacnetDriver } from './bacnet.driver.ts'
import { scanBacnet } from './bacnet.scan.ts'

export const bacnetDriver: DriverDefinition<BacnetBusConfig, BacnetAddress> = {
  id: 'bacnet',
  busSchema: BacnetBusConfig,
  addressSchema: BacnetAddress,
  writeSchema: BacnetWriteData,
  busIdentity: ({ host, port, lane }) => (port === 0 ? `bacnet lane ${lane}` : `bacnet udp ${host}:${port}`),
  deviceIdentity: ({ host, port, network, mac, instance }) => instance === undefined ? `${host}:${port} ${network ?? ''} ${mac ?? ''}` : `instance ${instance}`,
  describeBus: ({ host, port, lane }) => (port === 0 ? `lane ${lane}` : `${host}:${port}`),
  describeDevice: (_bus, { host, port, network, mac, instance }) => {
    if (instance !== undefined) return `device ${instance}`
    return network === undefined ? `${host}:${port}` : `${host}:${port} network ${network} address ${mac}`
  },
  confirms: ({ bacnet }) => bacnet !== undefined,
  create: (context, devices) => new BacnetDriver(context, devices),
  scan: scanBacnet,
} // prettier-ignore

import type { DriverDefinition } from '../driver.ts'
import { HikvisionAddress, HikvisionBusConfig } from './hikvision.config.ts'
import { HikvisionDriver } from './hikvision.driver.ts'

export const hikvisionDriver: DriverDefinition<HikvisionBusConfig, HikvisionAddress> = {
  id: 'hikvision',
  busSchema: HikvisionBusConfig,
  addressSchema: HikvisionAddress,
  busIdentity: ({ host, port, https }) => `isapi ${host}:${port ?? (https ? 443 : 80)}`,
  deviceIdentity: ({ channel }) => `channel ${channel}`,
  describeBus: ({ host, port, https }) =>
    `${https ? 'https' : 'http'}://${host}:${port ?? (https ? 443 : 80)}`,
  describeDevice: ({ host }, { channel }) => `${host} channel ${channel}`,
  confirms: ({ kind }) => kind === 'clock' || kind === 'plates' || kind === 'people',
  create: (context, devices) => new HikvisionDriver(context, devices),
}

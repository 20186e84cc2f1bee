import type { DriverDefinition } from '../driver.ts'
import { MqttAddress, MqttBusConfig } from './mqtt.config.ts'
import { MqttDriver } from './mqtt.driver.ts'

export const mqttDriver: DriverDefinition<MqttBusConfig, MqttAddress> = {
  id: 'mqtt',
  busSchema: MqttBusConfig,
  addressSchema: MqttAddress,
  // Two clients of one name throw each other out for ever.
  busIdentity: ({ url, clientId }) => `client ${clientId} of ${url}`,
  deviceIdentity: ({ id }) => `id ${id}`,
  describeBus: ({ url }) => url,
  describeDevice: ({ url }, { id }) => `${url} id ${id}`,
  create: (context, devices) => new MqttDriver(context, devices),
}

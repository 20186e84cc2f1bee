export { SimulatedMqttDevice, type MqttDeviceOptions, type PublishedMessage } from './mqtt-device.ts'

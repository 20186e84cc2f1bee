export { SimulatedIsapiDevice, type IsapiDeviceOptions, type LoggedEvent } from './isapi-device.ts'

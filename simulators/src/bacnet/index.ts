export { startBacnetDevice, type BacnetDeviceOptions, type RunningBacnetDevice } from './device.ts'
export type { BacnetObject } from './objects.ts'

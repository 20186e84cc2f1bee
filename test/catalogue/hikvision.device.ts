import type { HikvisionValue } from '@courtyard/protocols/profile'
import { SimulatedIsapiDevice } from '../../simulators/src/isapi/index.ts'
import type { OpenDevice } from './profile-device.ts'

/** What the simulated device tells about itself and stays the same: its clock does not. */
const held: Partial<Record<HikvisionValue['field'], number>> = {
  cpuPercent: 17,
  memoryPercent: 30,
  uptimeSeconds: 86_400,
}

export const openHikvisionDevice: OpenDevice = async (profile) => {
  const doors = profile.hikvision!.doors
  const device = await SimulatedIsapiDevice.start({ doors })
  device.doorStates = Array.from({ length: doors }, (_, index) => index % 2)
  const valueOf = ({ field, door = 1 }: HikvisionValue) =>
    field === 'doorState' ? device.doorStates[door - 1] : held[field]
  const values = profile.points.flatMap(({ key, hikvision }): [string, number][] => {
    const value = valueOf(hikvision!)
    return value === undefined ? [] : [[key, value]]
  })
  return {
    bus: { host: '127.0.0.1', port: device.port, user: 'admin', password: 'secret' },
    address: {},
    values: new Map(values),
    stop: () => device.stop(),
  }
}

import { registerWidth } from '@courtyard/protocols/modbus'
import type { ModbusRegister } from '@courtyard/protocols/profile'
import { startIoDevice } from '../../simulators/src/modbus/io-device.ts'
import type { OpenDevice } from './profile-device.ts'
import { rawValue } from './raw-value.ts'

const UNIT_ID = 1

export const openModbusDevice: OpenDevice = async (profile) => {
  const values = new Map(
    profile.points.map((point, index) => {
      const { factor, offset, type } = point.modbus!
      const form = {
        places: 0,
        factor: type.startsWith('float') ? '1' : factor,
        offset,
        max: largest(point.modbus!),
      }
      return [point.key, rawValue(point, index, form).mantissa] as const
    }),
  )
  const device = await startIoDevice([{ unitId: UNIT_ID, profile, values: Object.fromEntries(values) }])
  return {
    bus: { transport: { type: 'tcp', host: '127.0.0.1', port: device.port } },
    address: { unitId: UNIT_ID },
    values,
    stop: () => device.stop(),
  }
}

/** Greatest number of its form that keeps every digit. */
function largest({ type, width = 1 }: ModbusRegister): number {
  if (type === 'bits') return 2 ** width - 1
  if (type === 'float16') return 2_048
  if (type === 'float32') return 2 ** 24
  if (type.startsWith('bcd')) return 10 ** (Number(type.slice(3)) / 4) - 1
  const bits = Math.min(type.endsWith('8') ? 8 : 16 * registerWidth(type), 53)
  return 2 ** (type.startsWith('s') ? bits - 1 : bits) - 1
}

import { decodeValue } from '@courtyard/protocols/dlt645'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import type { IdentifierPoint } from '../meter-bus/identifier-device.ts'
import { pointsWith, readingOf, scaled } from '../points.ts'

/** Points of a profile: which identifier they are in and how to decode them. */
export function dlt645Points(deviceKey: string, profile: DeviceProfile): IdentifierPoint[] {
  return pointsWith(deviceKey, profile, 'dlt645').map((point) => ({
    ...point,
    di: point.source.di,
    decode: (data, atMs) => {
      const { value, invalid } = decodeValue(point.source, data)
      if (value === null) return { reading: readingOf(point, null, atMs), invalid }
      return { reading: readingOf(point, scaled(value, { factor: point.source.factor }), atMs) }
    },
  }))
}

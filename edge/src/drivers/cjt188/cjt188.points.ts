import { decodeValue } from '@courtyard/protocols/cjt188'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import type { IdentifierPoint } from '../meter-bus/identifier-device.ts'
import { pointsWith, readingOf } from '../points.ts'

/** Points of a profile: which identifier they are in and how to decode them. */
export function cjt188Points(deviceKey: string, profile: DeviceProfile): IdentifierPoint[] {
  const units = new Map(profile.points.map(({ key, unit }) => [key, unit]))
  return pointsWith(deviceKey, profile, 'cjt188').map((point) => ({
    ...point,
    di: point.source.di,
    decode: (data, atMs) => {
      const { value, invalid } = decodeValue(point.source, data, units.get(point.key)!, point.scale)
      const reading = readingOf(point, value, atMs)
      return value === null ? { reading, invalid } : { reading }
    },
  }))
}

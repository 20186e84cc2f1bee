import { AppError } from '@courtyard/protocols/contract'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import { SimulatorErrorCode } from '../errors.ts'
import { streamOf } from '../random.ts'
import type { SimulatedMeter, Site } from './site.types.ts'

export const DEFAULT_ENDPOINTS = 8
export const MAX_ENDPOINTS = 2_000
/** Unit ids that Modbus leaves to devices on one line. */
const UNITS = 247
export interface BenchOptions {
  readonly count: number
  /** TCP endpoints that the meters are spread over. */
  readonly endpoints: number
  /** Profile of all of them. */
  readonly profile: string
}

/**
 * Any number of like electricity meters, to measure how fast they can be read. Throws AppError `simulator.bad_options`
 * when there is no such meter or a line would have more than 247 units.
 */
export function buildBenchSite(
  seed: number,
  { count, endpoints, profile: id }: BenchOptions,
  profiles: ReadonlyMap<string, DeviceProfile>,
): Site {
  const profile = profiles.get(id)
  if (profile?.driver !== 'modbus' || profile.medium !== 'electricity')
    refuse('profile', `${id} is no Modbus electricity meter`)
  if (count > endpoints * UNITS) refuse('meters', `more than ${UNITS} on each of ${endpoints} endpoints`)
  const meters = Array.from({ length: count }, (_, index): SimulatedMeter => {
    const key = `bench-${String(index + 1).padStart(4, '0')}`
    return {
      key,
      serial: `23${String(streamOf(seed, key) >>> 12).padStart(7, '0')}${String(index + 1).padStart(4, '0')}`,
      name: key,
      medium: 'electricity',
      profile,
      role: 'household',
      building: null,
      room: null,
      parent: null,
      endpoint: `bench-${(index % endpoints) + 1}`,
      unitId: Math.floor(index / endpoints) + 1,
      initialIndex: 0,
      source: { kind: 'load', load: { shape: 'home', perDay: 9_000_000_000, vacant: false } },
    }
  })
  return {
    seed,
    project: { code: 'BENCH', name: '压力测试', nameEn: 'Bench', timeZone: 'Asia/Shanghai' },
    buildings: [],
    rooms: [],
    households: [],
    shops: [],
    endpoints: Array.from({ length: endpoints }, (_, index) => `bench-${index + 1}`),
    meters,
  }
}

function refuse(path: string, reason: string): never {
  throw new AppError(SimulatorErrorCode.badOptions, `${path}: ${reason}`, {
    details: { issues: [{ path, reason }] },
  })
}

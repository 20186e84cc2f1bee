import type { DeviceProfile } from '@courtyard/protocols/profile'
import { streamOf } from '../random.ts'
import type { SimulatedMeter, Site } from './site.types.ts'

const ENDPOINTS = 8
/** Unit ids that Modbus leaves to devices on one line. */
const UNITS = 247
export const MAX_BENCH_METERS = ENDPOINTS * UNITS

/** Any number of like SDM630 meters behind eight endpoints, to measure how fast they can be read. */
export function buildBenchSite(
  seed: number,
  count: number,
  profiles: ReadonlyMap<string, DeviceProfile>,
): Site {
  const profile = profiles.get('eastron-sdm630')
  if (!profile) throw new Error('no profile eastron-sdm630')
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
      endpoint: `bench-${(index % ENDPOINTS) + 1}`,
      unitId: Math.floor(index / ENDPOINTS) + 1,
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
    endpoints: Array.from({ length: ENDPOINTS }, (_, index) => `bench-${index + 1}`),
    meters,
  }
}

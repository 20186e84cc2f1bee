import { loadProfiles } from '@courtyard/protocols/profile'
import { expect, test } from 'vitest'
import { ruleFor } from '../meter/quantities.ts'
import { buildBenchSite } from './bench-site.ts'
import { siteConfig } from './site-config.ts'
import { buildWutongCourt } from './wutong.ts'

const profiles = loadProfiles()
const site = buildWutongCourt(1, profiles)

test('three buildings of fourteen flats, six shops, and their meters', () => {
  expect(site.households).toHaveLength(42)
  expect(site.shops.map((shop) => shop.room)).toEqual(['S01', 'S02', 'S03', 'S04', 'S05', 'S06'])
  expect(site.rooms.filter((room) => room.building === '2').map((room) => room.code)).toEqual(
    [1, 2, 3, 4, 5, 6, 7].flatMap((floor) => [`${floor}01`, `${floor}02`]),
  )
  const roles = Map.groupBy(site.meters, (meter) => `${meter.role} ${meter.medium}`)
  expect(Object.fromEntries([...roles].map(([role, meters]) => [role, meters.length]))).toEqual({
    'household electricity': 42,
    'household water': 42,
    'household gas': 14,
    'shop electricity': 6,
    'shop water': 6,
    'lift electricity': 3,
    'pump electricity': 2,
    'lighting electricity': 3,
    'buildingTotal electricity': 3,
    'buildingTotal water': 3,
    'siteTotal electricity': 1,
  })
})

test('keys, serial numbers and unit ids are unique, parents and rooms exist', () => {
  const keys = new Set(site.meters.map((meter) => meter.key))
  expect(keys.size).toBe(site.meters.length)
  expect(new Set(site.meters.map((meter) => meter.serial)).size).toBe(site.meters.length)
  expect(new Set(site.meters.map((meter) => `${meter.endpoint} ${meter.unitId}`)).size).toBe(
    site.meters.length,
  )
  expect([...new Set(site.meters.map((meter) => meter.endpoint))].sort()).toEqual([...site.endpoints].sort())
  for (const meter of site.meters) {
    if (meter.parent) expect(keys).toContain(meter.parent)
    if (meter.room)
      expect(site.rooms).toContainEqual(
        expect.objectContaining({ building: meter.building, code: meter.room }),
      )
  }
})

test('every point of every Modbus meter can be measured', () => {
  for (const profile of profiles.values()) {
    if (profile.driver !== 'modbus' || !['electricity', 'water', 'gas'].includes(profile.medium)) continue
    for (const point of profile.points) expect(ruleFor(point.key)).toBeTypeOf('function')
  }
})

test('the edge configuration names every meter once, on a bus that exists', () => {
  const endpoints = site.endpoints.map((key, i) => ({ key, host: '127.0.0.1', port: 15_021 + i }))
  const yaml = {
    hubUrl: 'http://127.0.0.1:8080',
    enrolmentToken: 'token-token-token',
    dataDir: './edge',
    statusPort: 9101,
  }
  const config = siteConfig(site, endpoints, yaml) as { buses: { key: string }[]; devices: { bus: string }[] }
  expect(config).toMatchObject({
    gateway: { name: '梧桐苑网关', dataDir: './edge', statusPort: 9101 },
    hub: { url: 'http://127.0.0.1:8080', enrolmentToken: 'token-token-token' },
  })
  expect(config.buses[0]).toEqual({
    key: 'b1-electricity',
    driver: 'modbus',
    transport: { type: 'tcp', host: '127.0.0.1', port: 15_021 },
    timeoutMs: 1000,
  })
  expect(config.devices).toHaveLength(site.meters.length)
  const buses = config.buses.map((bus) => bus.key)
  for (const device of config.devices) expect(buses).toContain(device.bus)
})

test('the bench spreads like meters over its endpoints', () => {
  const options = { count: 8 * 247, endpoints: 8, profile: 'eastron-sdm630' }
  const bench = buildBenchSite(1, options, profiles)
  expect(bench.endpoints).toHaveLength(8)
  expect(new Set(bench.meters.map((meter) => `${meter.endpoint} ${meter.unitId}`)).size).toBe(options.count)
  expect(Math.max(...bench.meters.map((meter) => meter.unitId))).toBe(247)
  expect(() => buildBenchSite(1, { ...options, endpoints: 7 }, profiles)).toThrow(/more than 247/)
  expect(() => buildBenchSite(1, { ...options, profile: 'pulse-counter-gas' }, profiles)).toThrow(/no Modbus/)
})

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AppError } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { errorCodes } from '../errors.ts'
import { formatConfigError, loadSiteConfig, parseSiteConfig, type ConfigIssue } from './load-config.ts'
import { configReference } from './reference.ts'

const profiles = loadProfiles()
const good = `
gateway: { name: 梧桐苑网关, dataDir: ./edge-data }
hub: { url: http://127.0.0.1:8080, enrolmentToken: 0123456789abcdef0123 }
buses:
  - { key: b1, driver: modbus, transport: { type: tcp, host: 127.0.0.1, port: 15021 }, timeoutMs: 800 }
  - { key: b2, driver: modbus, transport: { type: tcp, host: 127.0.0.1, port: 15022 } }
devices:
  - { key: m1, name: 电表1, bus: b1, profile: eastron-sdm630, address: { unitId: 1 }, serial: "A1" }
  - { key: m2, name: 电表2, bus: b1, profile: eastron-sdm630, address: { unitId: 2 }, intervals: { fast: 5000 } }
  - { key: w1, name: 水表1, bus: b2, profile: pulse-counter-water, address: { unitId: 1 }, disabled: true }
`

function issuesOf(text: string): ConfigIssue[] {
  try {
    parseSiteConfig(text, '/site/site.yaml', profiles)
    return []
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    expect(error.code).toBe(errorCodes.configInvalid)
    return error.details['issues'] as ConfigIssue[]
  }
}

test('a good file is resolved: defaults, profiles, intervals, folder of the data', () => {
  const site = parseSiteConfig(good, '/site/site.yaml', profiles)
  expect(site.gateway).toMatchObject({
    dataDir: '/site/edge-data',
    statusPort: 9101,
    statusHost: '127.0.0.1',
  })
  expect(site.outbox.flushMs).toBe(500)
  expect(site.buses.map((bus) => bus.devices.map((device) => device.key))).toEqual([['m1', 'm2'], []])
  expect(site.buses[0]!.devices[1]).toMatchObject({ intervals: { fast: 5000, energy: 60_000 } })
  expect(site.buses[1]!.config).toMatchObject({ timeoutMs: 1000, pauseMs: 0 })
})

test('an alias without anchor is a fault of the file', () => {
  expect(issuesOf(good.replace('name: 梧桐苑网关', 'name: *site'))).toMatchObject([
    { path: '', reason: expect.stringMatching(/Unresolved alias.*site/) as string },
  ])
})

describe('one fault each', () => {
  test.each<[string, [string, string], string, RegExp, number]>([
    ['unknown key', ['timeoutMs: 800', 'timeoutMS: 800'], 'buses[0].timeoutMS', /not a known key/, 5],
    ['unknown key at the top', ['buses:', 'bogus: 1\nbuses:'], 'bogus', /not a known key/, 4],
    ['missing field', ['name: 电表1, ', ''], 'devices[0].name', /missing/, 8],
    ['wrong type', ['port: 15021', 'port: "high"'], 'buses[0].transport.port', /number/, 5],
    ['out of range', ['port: 15021', 'port: 70000'], 'buses[0].transport.port', /65535/, 5],
    ['unknown driver', ['b1, driver: modbus', 'b1, driver: knx'], 'buses[0].driver', /not a known driver/, 5],
    ['bad URL', ['http://127.0.0.1:8080', 'ftp://x'], 'hub.url', /http/, 3],
    ['short token', ['0123456789abcdef0123', 'short'], 'hub.enrolmentToken', /16/, 3],
    ['no such bus', ['bus: b2', 'bus: b9'], 'devices[2].bus', /no bus "b9"/, 10],
    [
      'no such profile',
      ['profile: pulse-counter-water', 'profile: x-y'],
      'devices[2].profile',
      /no profile/,
      10,
    ],
    ['duplicate bus key', ['key: b2', 'key: b1'], 'buses[1].key', /also the key of buses\[0\]/, 6],
    ['duplicate device key', ['key: m2', 'key: m1'], 'devices[1].key', /devices\[0\]/, 9],
    ['duplicate unit id', ['unitId: 2', 'unitId: 1'], 'devices[1].address', /unit 1 of bus "b1"/, 9],
    ['same wire twice', ['port: 15022', 'port: 15021'], 'buses[1].transport', /also that of buses\[0\]/, 6],
    ['unknown group', ['fast: 5000', 'slow: 5000'], 'devices[1].intervals.slow', /fast, energy/, 9],
    ['interval too short', ['fast: 5000', 'fast: 5'], 'devices[1].intervals.fast', /100/, 9],
    ['address of the wrong shape', ['unitId: 2', 'unit: 2'], 'devices[1].address.unitId', /missing/, 9],
    ['key with a slash', ['key: m2', 'key: m/2'], 'devices[1].key', /letters/, 9],
  ])('%s', (_name, [from, to], path, reason, line) => {
    const issues = issuesOf(good.replace(from, to))
    expect(issues).toContainEqual({ path, line, reason: expect.stringMatching(reason) })
  })
})

test('all faults are listed at once, in the order of the file', () => {
  const text = good
    .replace('statusPort', 'x')
    .replace('name: 梧桐苑网关', 'nom: x')
    .replace('unitId: 1 }, serial', 'unitId: 999 }, serial')
    .replace('profile: pulse-counter-water', 'profile: nope')
  const paths = issuesOf(text).map((issue) => issue.path)
  expect(paths).toEqual(['gateway.name', 'gateway.nom', 'devices[0].address.unitId', 'devices[2].profile'].sort((a, b) => paths.indexOf(a) - paths.indexOf(b))) // prettier-ignore
  expect(paths).toHaveLength(4)
})

test.each([
  ['not YAML', 'gateway: [', /line \d/],
  ['duplicate YAML key', 'gateway: 1\ngateway: 2', /unique/],
  ['empty file', '', /expected object|missing/],
  ['a list', '- 1', /expected object/],
])('%s is a fault and not a crash', (_name, text, words) => {
  try {
    parseSiteConfig(text, 'site.yaml', profiles)
    expect.unreachable()
  } catch (error) {
    expect(formatConfigError(error as AppError)).toMatch(words)
  }
})

test('a file that is not there is a fault', () => {
  expect(() => loadSiteConfig('/nowhere/site.yaml')).toThrow(
    expect.objectContaining({ code: errorCodes.configInvalid }),
  )
})

test('CONFIG.md is what the schema says (courtyard-edge config-reference > edge/CONFIG.md)', () => {
  expect(readFileSync(new URL('../../CONFIG.md', import.meta.url), 'utf8')).toBe(configReference())
})

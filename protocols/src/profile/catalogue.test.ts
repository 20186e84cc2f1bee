import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadProfiles, parseProfile, PROFILE_FOLDER } from './catalogue.ts'
import type { DeviceProfile } from './profile.schema.ts'

const profiles = loadProfiles()

/** Kind and unit of the keys that other parts of the product rely on. */
const standard: Record<string, [DeviceProfile['points'][number]['kind'], string, string]> = {
  energyImport: ['register', 'kWh', '1-0:1.8.0'],
  energyExport: ['register', 'kWh', '1-0:2.8.0'],
  powerTotal: ['gauge', 'W', '1-0:16.7.0'],
  voltageL1: ['gauge', 'V', '1-0:32.7.0'],
  voltageL2: ['gauge', 'V', '1-0:52.7.0'],
  voltageL3: ['gauge', 'V', '1-0:72.7.0'],
  currentL1: ['gauge', 'A', '1-0:31.7.0'],
  currentL2: ['gauge', 'A', '1-0:51.7.0'],
  currentL3: ['gauge', 'A', '1-0:71.7.0'],
  powerL1: ['gauge', 'W', '1-0:36.7.0'],
  powerL2: ['gauge', 'W', '1-0:56.7.0'],
  powerL3: ['gauge', 'W', '1-0:76.7.0'],
  powerFactor: ['gauge', '', '1-0:13.7.0'],
  frequency: ['gauge', 'Hz', '1-0:14.7.0'],
}

test('every file is a profile', () => {
  const files = readdirSync(PROFILE_FOLDER).filter((name) => name !== 'README.md')
  expect([...profiles.keys()].map((id) => `${id}.json`)).toEqual(files.sort())
})

describe.each([...profiles.values()])('$id', (profile) => {
  test('standard points mean the same as elsewhere', () => {
    for (const { key, kind, unit, code } of profile.points) {
      if (standard[key]) expect([key, kind, unit, code]).toEqual([key, ...standard[key]])
    }
  })

  // Relay boards, boilers and the like are nobody's meter.
  test.skipIf(profile.medium === 'equipment')('has what bills are made from, polled in group energy', () => {
    const key = profile.medium === 'electricity' ? 'energyImport' : 'volume'
    const main = profile.points.find((point) => point.key === key)
    expect(main).toMatchObject({ kind: 'register', group: 'energy', optional: false })
    expect(main?.unit).toBe(profile.medium === 'electricity' ? 'kWh' : 'm³')
  })

  test('keeps as many places as the wire carries', () => {
    for (const { scale, modbus } of profile.points) {
      if (!modbus || modbus.type.startsWith('float')) continue
      const places = modbus.factor.split('.')[1]?.length ?? 0
      expect(scale).toBe(places)
    }
  })
})

/** Addresses copied by hand from the facts page, so that a slip in a file is seen. */
test.each([
  ['eastron-sdm630', { voltageL1: 0, currentL3: 0x0a, powerTotal: 0x34, frequency: 0x46, energyImport: 0x48, energyExport: 0x4a, energyTotal: 0x156 }],
  ['schneider-iem3000', { voltageL1: 0xbd3, currentL1: 0xbb7, powerL1: 0xbed, powerTotal: 0xbf3, energyImport: 0xc83, energyExport: 0xc87, energyImportL3: 0xdc5 }],
  ['abb-b23', { voltageL1: 0x5b00, currentL1: 0x5b0c, powerTotal: 0x5b14, powerFactor: 0x5b3a, frequency: 0x5b2c, energyImport: 0x5000, energyExport: 0x5004 }],
  ['carlo-gavazzi-em24', { powerL3: 0x16, powerTotal: 0x28, powerFactorL1: 0x32, powerFactor: 0x35, frequency: 0x37, energyImport: 0x3e, energyImportPartial: 0x42, energyExport: 0x5c }],
  ['carlo-gavazzi-em330', { powerFactorL1: 0x2e, powerFactor: 0x31, frequency: 0x33, energyImport: 0x34, energyImportL1: 0x40, energyImportL3: 0x44, energyExport: 0x4e }],
  ['chint-dtsu666', { voltageL1: 0x2006, currentL1: 0x200c, powerTotal: 0x2012, powerL3: 0x2018, powerFactor: 0x202a, frequency: 0x2044, energyImport: 0x101e, energyExport: 0x1028 }],
  ['acrel-adw300', { voltageL1: 20, currentL3: 28, powerL1: 30, powerTotal: 36, energyImport: 62, energyExport: 64 }],
  ['siemens-pac2200', { voltageL1: 1, currentL1: 13, powerL1: 25, powerTotal: 65, energyImport: 801, energyExport: 809 }],
  ['inepro-pro380', { voltageL1: 0x5002, currentL1: 0x500c, powerTotal: 0x5012, frequency: 0x5008, energyImport: 0x600c, energyImportT1: 0x600e, energyImportT2: 0x6010, energyExport: 0x6018 }],
])('%s: addresses of the facts page', (id, addresses) => {
  const points = profiles.get(id)!.points
  const found = Object.keys(addresses).map((key) => [key, points.find((point) => point.key === key)?.modbus?.address])
  expect(Object.fromEntries(found)).toEqual(addresses)
}) // prettier-ignore

describe('wrong files', () => {
  let folder: string
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'profiles-'))))
  afterEach(() => rmSync(folder, { recursive: true }))

  const good = profiles.get('acrel-adw300')!
  const issuesOf = (profile: unknown, file = 'acrel-adw300.json') =>
    parseProfile(file, JSON.stringify(profile)).issues?.map(({ path, reason }) => `${path}: ${reason}`) ?? []
  const withPoint = (change: object) => ({
    ...good,
    points: [{ ...good.points[0], ...change }, ...good.points.slice(1)],
  })
  const withRegister = (change: object) => withPoint({ modbus: { ...good.points[0]!.modbus, ...change } })

  test('all faults of all files are told at once', () => {
    writeFileSync(join(folder, 'broken.json'), '{')
    writeFileSync(
      join(folder, 'other.json'),
      JSON.stringify({ ...good, medium: 'beer', groups: { fast: { intervalMs: 5 } } }),
    )
    writeFileSync(join(folder, 'acrel-adw300.json'), JSON.stringify(good))
    expect(() => loadProfiles(folder)).toThrow(expect.objectContaining({ code: 'profile.invalid' }) as Error)
    expect(() => loadProfiles(folder)).toThrow(
      /broken\.json: \(file\): not JSON[^]*other\.json: medium[^]*other\.json: groups\.fast\.intervalMs/,
    )
  })

  test.each<[string, unknown, RegExp]>([
    [
      'a key twice',
      withPoint({ key: 'voltageL2' }),
      /^points\[1\]\.key: voltageL2 is also that of points\[0\]$/,
    ],
    [
      'an address twice',
      withRegister({ address: 21 }),
      /^points\[1\]\.modbus\.address: function 3 address 21 is also/,
    ],
    [
      'values that overlap',
      withRegister({ address: 37 }),
      /^points\[0\]\.modbus\.address: overlaps points\[9\]$/,
    ],
    ['a group that is not there', withPoint({ group: 'slow' }), /^points\[0\]\.group: no group slow$/],
    [
      'a group without points',
      { ...good, groups: { ...good.groups, slow: { intervalMs: 1000 } } },
      /^groups\.slow/,
    ],
    ['a register without unit', withPoint({ kind: 'register', unit: '' }), /^points\[0\]\.unit/],
    ['digits of a gauge', withPoint({ digits: 6 }), /^points\[0\]\.digits/],
    ['a range upside down', withPoint({ range: ['300', '0'] }), /^points\[0\]\.range/],
    ['a state with decimals', withPoint({ kind: 'state' }), /^points\[0\]\.scale/],
    [
      'a value wider than a request',
      { ...good, modbus: { maxRegisters: 1 } },
      /^points\[6\]\.modbus\.type: takes more/,
    ],
    ['a factor of 0', withRegister({ factor: '0.0' }), /^points\[0\]\.modbus\.factor/],
    [
      'a sentinel of another width',
      withRegister({ invalid: ['fff'] }),
      /^points\[0\]\.modbus\.invalid: needs 4/,
    ],
    ['a shift without bits', withRegister({ shift: 1 }), /^points\[0\]\.modbus\.shift/],
    [
      'a field beyond its register',
      withRegister({ type: 'bits', shift: 12, width: 5 }),
      /^points\[0\]\.modbus\.width/,
    ],
    [
      'coils that are numbers',
      withRegister({ function: 1 }),
      /^points\[0\]\.modbus\.type: functions 1 and 2/,
    ],
    [
      'an end beyond the map',
      withRegister({ address: 65_535, type: 'u32' }),
      /^points\[0\]\.modbus\.address: runs beyond/,
    ],
    ['no Modbus at all', withPoint({ modbus: undefined }), /^points\[0\]\.modbus: missing/],
  ])('%s', (_, profile, expected) => {
    expect(issuesOf(profile)[0]).toMatch(expected)
  })

  test('a file under another name', () => {
    expect(issuesOf(good, 'adw.json')).toEqual(['id: differs from the name of the file'])
  })

  test('several bits may share a register', () => {
    const bit = (shift: number) => ({
      ...good.points[0],
      key: `bit${shift}`,
      kind: 'state',
      scale: 0,
      unit: '',
      range: undefined,
      modbus: { function: 3, address: 99, type: 'bits', shift },
    })
    expect(issuesOf({ ...good, points: [...good.points, bit(0), bit(1)] })).toEqual([])
    expect(issuesOf({ ...good, points: [...good.points, bit(0), { ...bit(0), key: 'again' }] })).toHaveLength(
      1,
    )
  })
})

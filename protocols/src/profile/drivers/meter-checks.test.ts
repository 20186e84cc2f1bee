import { describe, expect, test } from 'vitest'
import { findIdentifier } from '../../dlt645/index.ts'
import { loadProfiles } from '../catalogue.ts'
import { DeviceProfile } from '../profile.schema.ts'
import { checkProfile } from '../semantics.ts'

const profiles = loadProfiles()
const of = (driver: string) => [...profiles.values()].filter((profile) => profile.driver === driver)

test('the catalogue has the usual meters of both protocols', () => {
  expect(of('dlt645').length).toBeGreaterThanOrEqual(6)
  expect(of('cjt188').length).toBeGreaterThanOrEqual(12)
})

describe.each(of('dlt645'))('$id', ({ points }) => {
  test('its identifiers and their units are those of the standard', () => {
    for (const { key, unit, dlt645 } of points) {
      const known = findIdentifier(dlt645!.di)
      expect(known, key).toBeDefined()
      if (known!.unit !== '' && known!.form !== 'time')
        expect(unit).toBe(known!.unit === 'kW' ? 'W' : known!.unit)
    }
  })
})

describe.each(of('cjt188'))('$id', ({ points, medium }) => {
  test('all its points are in the one reply that every meter gives, inside its length', () => {
    const length = medium === 'heat' ? 43 : 19
    for (const { cjt188: value } of points) {
      expect(value!.di).toBe('901F')
      const end = value!.offset + value!.length + (value!.unitByte && !value!.unitFirst ? 1 : 0)
      expect(end).toBeLessThanOrEqual(length)
    }
  })

  test('heat is counted in energyHeat', () => {
    if (medium !== 'heat') return
    const main = points.find(({ key }) => key === 'energyHeat')
    expect(main).toMatchObject({ kind: 'register', group: 'energy', optional: false })
  })
})

/** Faults of a profile with its first point (or the whole) changed. */
function faults(id: string, change: object, point: object = {}): string[] {
  const good = profiles.get(id)!
  const first = { ...good.points[0]!, ...point }
  const profile = DeviceProfile.parse({ ...good, points: [first, ...good.points.slice(1)], ...change })
  return checkProfile(profile).map(({ path, reason }) => `${path}: ${reason}`)
}

describe('wrong DL/T 645 profiles', () => {
  const id = 'dlt645-2007-single-phase-relay'
  const source = profiles.get(id)!.points[0]!.dlt645!
  const relay = profiles.get(id)!.commands[0]!
  const value = (change: object) => faults(id, {}, { dlt645: { ...source, ...change } })

  test.each<[string, string[], RegExp]>([
    ['no section', faults(id, { dlt645: undefined }), /^dlt645: missing/],
    ['nothing to read', faults(id, { points: [] }), /^points: a meter has something/],
    ['a point without', faults(id, {}, { dlt645: undefined }), /^points\[0\]\.dlt645: missing/],
    ['an identifier of 1997', value({ di: '9010' }), /^points\[0\]\.dlt645\.di: edition 2007 has 8 digits/],
    ['a place twice', value({ di: '00020000' }), /^points\[1\]\.dlt645\.di: 00020000 byte 0 bit 0 is also/],
    ['another length than the standard’s', value({ length: 3 }), /length: the standard: 4 bytes, 2 places$/],
    ['a sign that is none', value({ signed: true }), /length: the standard/],
    ['an offset in a single value', value({ offset: 4 }), /offset: has one value only/],
    ['a factor of 0', value({ factor: '0' }), /factor: must not be 0/],
    ['bits beyond their bytes', value({ di: '04000503', form: 'bits', length: 2, places: 0, shift: 15, width: 2 }), /width: the field runs beyond/],
    ['digits of a status word', value({ di: '04000503', length: 2, places: 0 }), /form: is a status word/],
    ['a shift of digits', value({ shift: 1 }), /shift: shift and width belong/],
    ['places that the wire has not', faults(id, {}, { scale: 3 }), /^points\[0\]\.scale: the wire carries 2 places/],
    ['a valve', faults(id, { commands: [{ ...relay, kind: 'valve' }] }), /^commands\[0\]\.kind: dlt645 has no valve/],
    ['a read-back of nothing', faults(id, { commands: [{ ...relay, readBack: { ...relay.readBack, point: 'x' } }] }), /readBack\.point: no point x/],
    ['a read-back without values', faults(id, { commands: [{ ...relay, readBack: { point: 'relayOpen' } }] }), /readBack\.values: no value for open/],
    ['a relay of 1997', faults('dlt645-1997', { commands: [{ ...relay, readBack: undefined }] }), /kind: edition 1997/],
  ])('%s', (_, found, expected) => expect(found[0]).toMatch(expected)) // prettier-ignore
})

describe('wrong CJ/T 188 profiles', () => {
  const id = 'cjt188-2004-water-valve'
  const source = profiles.get(id)!.points[0]!.cjt188!
  const value = (change: object) => faults(id, {}, { cjt188: { ...source, ...change } })

  test.each<[string, string[], RegExp]>([
    ['no section', faults(id, { cjt188: undefined }), /^cjt188: missing/],
    ['nothing to read', faults(id, { points: [] }), /^points: a meter has something/],
    ['a point without', faults(id, {}, { cjt188: undefined }), /^points\[0\]\.cjt188: missing/],
    ['a place twice', value({ offset: 5 }), /^points\[1\]\.cjt188\.offset: 901F byte 5 bit 0 is also/],
    ['a unit that no unit byte means', faults(id, {}, { unit: 'ft³' }), /^points\[0\]\.unit: no unit byte/],
    ['a unit before the first byte', value({ unitFirst: true }), /unitFirst: there is no byte before/],
    ['bits with a unit', value({ form: 'bits', places: 0 }), /form: bits have no places/],
    ['bits beyond their bytes', value({ form: 'bits', unitByte: false, places: 0, width: 32, shift: 1 }), /width: the field/],
    ['a shift of digits', value({ shift: 1 }), /shift: shift and width belong/],
    ['places that the wire has not', value({ unitByte: false, places: 1 }), /scale: the wire carries 1/],
    ['a relay', faults(id, { commands: [{ key: 'relay', kind: 'relay', label: { zh: 'x', en: 'x' } }] }), /kind: cjt188 has no relay/],
  ])('%s', (_, found, expected) => expect(found[0]).toMatch(expected)) // prettier-ignore
})

import { describe, expect, test } from 'vitest'
import { loadProfiles } from '../catalogue.ts'
import type { DeviceProfile } from '../profile.schema.ts'
import { checkProfile } from '../semantics.ts'

const profiles = loadProfiles()
const issuesOf = (profile: DeviceProfile) =>
  checkProfile(profile).map(({ path, reason }) => `${path}: ${reason}`)

function changed(id: string, change: (profile: DeviceProfile) => void): DeviceProfile {
  const profile = structuredClone(profiles.get(id)!)
  change(profile)
  return profile
}

describe('bacnet', () => {
  const faulty = (change: (profile: DeviceProfile) => void) =>
    issuesOf(changed('bacnet-carrier-19xrv', change))

  test.each<[string, (profile: DeviceProfile) => void, RegExp]>([
    ['no section', (p) => delete p.bacnet, /^bacnet: missing/],
    ['no points', (p) => (p.points = []), /^points: a device has something/],
    ['a point without object', (p) => delete p.points[0]!.bacnet, /^points\[0\]\.bacnet: missing/],
    ['an object twice', (p) => (p.points[2]!.bacnet = { ...p.points[1]!.bacnet! }), /^points\[2\]\.bacnet\.instance: analogValue 17 property 85 is also that of points\[1\]/],
    ['a factor of 0', (p) => (p.points[1]!.bacnet!.factor = '0'), /^points\[1\]\.bacnet\.factor/],
    ['the present value of the device', (p) => (p.points[1]!.bacnet!.object = 'device'), /^points\[1\]\.bacnet\.property/],
    ['an input that is written', (p) => (p.commands[1]!.bacnet!.object = 'analogInput'), /^commands\[1\]\.bacnet\.object: is not written/],
    ['a third state of two', (p) => (p.commands[0]!.bacnet!.values = { open: 2 }), /^commands\[0\]\.bacnet\.values\.open: a binary/],
    ['an action that is none', (p) => (p.commands[0]!.bacnet!.values = { stop: 1 }), /^commands\[0\]\.bacnet\.values\.stop: no such/],
    ['actions without numbers', (p) => delete p.commands[0]!.bacnet!.values, /^commands\[0\]\.bacnet\.values: no action/],
    ['a setpoint with actions', (p) => (p.commands[1]!.bacnet!.values = { open: 1 }), /^commands\[1\]\.bacnet\.values: a setpoint/],
    ['a kind that is not known', (p) => (p.commands[0]!.kind = 'clock'), /^commands\[0\]\.kind: bacnet has no clock/],
    ['a point that is not there', (p) => (p.commands[0]!.readBack = { point: 'x', withinMs: 1 }), /^commands\[0\]\.readBack\.point: no point x/],
  ])('%s', (_, change, expected) => expect(faulty(change)[0]).toMatch(expected)) // prettier-ignore
})

describe('snmp', () => {
  const faulty = (change: (profile: DeviceProfile) => void) => issuesOf(changed('snmp-switch-port', change))

  test.each<[string, (profile: DeviceProfile) => void, RegExp]>([
    ['no section', (p) => delete p.snmp, /^snmp: missing/],
    ['a variable twice', (p) => (p.points[2]!.snmp = { ...p.points[1]!.snmp! }), /^points\[2\]\.snmp\.oid: .* is also that of points\[1\]/],
    ['a factor of 0', (p) => (p.points[1]!.snmp!.factor = '0.0'), /^points\[1\]\.snmp\.factor/],
    ['a trap twice', (p) => (p.snmp!.traps[1] = p.snmp!.traps[0]!), /^snmp\.traps\[1\]\.oid: is there twice/],
    ['an action that is none', (p) => (p.commands[0]!.snmp!.values = { stop: 1 }), /^commands\[0\]\.snmp\.values\.stop: no such/],
    ['actions without numbers', (p) => delete p.commands[0]!.snmp!.values, /^commands\[0\]\.snmp\.values: no action/],
    ['a command without variable', (p) => delete p.commands[0]!.snmp, /^commands\[0\]\.snmp: missing/],
    ['a point that is not there', (p) => (p.commands[0]!.readBack!.point = 'x'), /^commands\[0\]\.readBack\.point: no point x/],
  ])('%s', (_, change, expected) => expect(faulty(change)[0]).toMatch(expected)) // prettier-ignore
})

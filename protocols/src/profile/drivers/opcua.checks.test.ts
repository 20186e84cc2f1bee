import { expect, test } from 'vitest'
import { loadProfiles } from '../catalogue.ts'
import { DeviceProfile } from '../profile.schema.ts'
import { checkOpcua } from './opcua.checks.ts'

const good = loadProfiles().get('opcua-ecm-energy-e3')!
const label = { zh: '继电器', en: 'Relay' }
const withPoint = (opcua: object | undefined) => ({ ...good, points: [{ ...good.points[0], opcua }, ...good.points.slice(1)] }) // prettier-ignore
const withCommand = (command: object) => ({ ...good, commands: [{ key: 'c', kind: 'relay', label, ...command }] }) // prettier-ignore
const node = { nodeId: '{root}.Relay' }

test.each<[string, object, RegExp]>([
  ['no place', withPoint(undefined), /points\[0\]\.opcua: missing/],
  ['two places', withPoint({ nodeId: 'i=1', path: ['1:A'] }), /points\[0\]\.opcua: needs either/],
  ['no node id', withPoint({ nodeId: 'Power' }), /points\[0\]\.opcua\.nodeId/],
  ['a name without namespace', withPoint({ path: ['Power'] }), /points\[0\]\.opcua\.path/],
  ['a factor of 0', withPoint({ nodeId: 'i=1', factor: '0' }), /points\[0\]\.opcua\.factor/],
  ['a place twice', withPoint(good.points[1]!.opcua), /points\[1\]\.opcua: .* also that of points\[0\]/],
  ['a kind that it lacks', withCommand({ kind: 'clock' }), /commands\[0\]\.kind: opcua has no clock/],
  ['no variable', withCommand({}), /commands\[0\]\.opcua: missing/],
  ['no values', withCommand({ opcua: node }), /commands\[0\]\.opcua\.values: no action/],
  ['an action that is none', withCommand({ opcua: { ...node, values: { stop: '1' } } }), /values\.stop/],
  ['a setpoint with values', withCommand({ kind: 'setpoint', opcua: { ...node, values: { open: '1' } } }), /a setpoint writes/],
  ['nothing to read back', withCommand({ opcua: { ...node, values: { open: '1' } }, readBack: { point: 'x' } }), /no point x/],
  ['a value without effect', withCommand({ opcua: { ...node, values: { open: '1' } }, readBack: { point: 'energyImport' } }), /readBack\.values\.open/],
])('%s', (_, profile, expected) => {
  const issues = checkOpcua(DeviceProfile.parse(profile)).map(({ path, reason }) => `${path}: ${reason}`)
  expect(issues.join('\n')).toMatch(expected)
}) // prettier-ignore

test('a relay that is read back is in order', () => {
  const values = { open: '0', close: '1' }
  const profile = withCommand({ opcua: { ...node, values }, readBack: { point: 'energyImport', values } })
  expect(checkOpcua(DeviceProfile.parse(profile))).toEqual([])
})

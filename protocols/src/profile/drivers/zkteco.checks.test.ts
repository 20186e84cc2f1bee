import { expect, test } from 'vitest'
import { loadProfiles } from '../catalogue.ts'
import type { DeviceProfile } from '../profile.schema.ts'
import { checkZkteco } from './zkteco.checks.ts'

const profiles = loadProfiles()
const pull = profiles.get('zkteco-access-f-series')!
const push = profiles.get('zkteco-access-push')!
const paths = (profile: DeviceProfile) => checkZkteco(profile).map(({ path }) => path)

test('seven profiles, pulled and pushing, attendance and doors, each with sources', () => {
  const own = [...profiles.values()].filter(({ driver }) => driver === 'zkteco')
  expect(own.map(({ zkteco }) => `${zkteco!.protocol} ${zkteco!.events}`)).toEqual(
    expect.arrayContaining(['pull attendance', 'pull access', 'push attendance', 'push access']),
  )
  for (const profile of own) expect(profile.sources.length).toBeGreaterThan(1)
})

test.each<[string, DeviceProfile, string]>([
  ['no section', { ...pull, zkteco: undefined }, 'zkteco'],
  ['two doors on port 4370', { ...pull, zkteco: { ...pull.zkteco!, doors: 2 } }, 'zkteco.doors'],
  ['nothing to poll', { ...pull, points: [] }, 'points'],
  ['a point without field', { ...pull, points: [{ ...pull.points[0]!, zkteco: undefined }] }, 'points[0].zkteco'],
  ['what push does not tell', { ...push, points: pull.points.slice(-1) }, 'points[0].zkteco'],
  ['the state of no door', { ...pull, zkteco: { ...pull.zkteco!, doors: 0 }, commands: [], points: pull.points.slice(-1) }, 'points[0].zkteco'],
  ['decimals', { ...pull, points: [{ ...pull.points[0]!, scale: 1 }] }, 'points[0].scale'],
  ['a relay', { ...pull, commands: [{ ...pull.commands[0]!, kind: 'relay' }] }, 'commands[0].kind'],
  ['a door that is not there', { ...pull, commands: [{ ...pull.commands[0]!, door: '2' }] }, 'commands[0].door'],
])('%s', (_, profile, path) => {
  expect(paths(profile)).toContain(path)
}) // prettier-ignore

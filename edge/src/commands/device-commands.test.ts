import { expect, test } from 'vitest'
import * as z from 'zod'
import { DeviceProfile, loadProfiles } from '@courtyard/protocols/profile'
import { commandsOf } from './device-commands.ts'

const profile = DeviceProfile.parse({
  ...loadProfiles().get('eastron-sdm630')!,
  commands: [
    { key: 'relay', kind: 'relay', label: { zh: '继电器', en: 'Relay' }, readBack: { point: 'energyImport' } },
    { key: 'clock', kind: 'clock', label: { zh: '对时', en: 'Clock' } },
    { key: 'heat', kind: 'setpoint', label: { zh: '温度', en: 'Heat' }, unit: '°C', scale: 1, range: ['5', '30'] },
  ],
}) // prettier-ignore

test('commands of the profile, and whether they are read back by profile or driver', () => {
  const commands = commandsOf(profile, { confirms: ({ kind }) => kind === 'clock' })
  expect(commands.map(({ key, confirms }) => [key, confirms])).toEqual([
    ['relay', true],
    ['clock', true],
    ['heat', false],
  ])
  expect(commands[2]).toEqual({ key: 'heat', kind: 'setpoint', label: { zh: '温度', en: 'Heat' }, unit: '°C', scale: 1, range: ['5', '30'], confirms: false }) // prettier-ignore
})

test('the free write is there where the driver has one, once', () => {
  const writeSchema = z.strictObject({ value: z.number() })
  const free = commandsOf({ ...profile, commands: [] }, { writeSchema })
  expect(free).toMatchObject([{ key: 'write', kind: 'write', confirms: false }])
  const own = { key: 'write', kind: 'write' as const, label: { zh: '写', en: 'Own' } }
  expect(commandsOf({ ...profile, commands: [own] }, { writeSchema })).toMatchObject([
    { label: { en: 'Own' } },
  ])
  expect(commandsOf({ ...profile, commands: [] }, {})).toEqual([])
})

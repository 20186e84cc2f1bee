import type { SettingField, SettingsGroupView } from '@courtyard/protocols/contract'
import { expect, it } from 'vitest'
import { changedValues, inputOf, valueOf } from './settings-form.ts'

const field = (key: string, kind: SettingField['kind'], optional = false): SettingField => ({
  ...{ key, kind, optional, label: { zh: key, en: key }, help: null, unit: null, emptyMeans: null },
  ...{ minimum: null, maximum: null, maxLength: null, choices: [] },
})

it('shows a value and reads it again', () => {
  const cases: [SettingField, unknown, string | boolean][] = [
    [field('on', 'boolean'), true, true],
    [field('days', 'integer'), 7, '7'],
    [field('limit', 'number', true), null, ''],
    [field('nets', 'lines'), ['10.0.0.0/8', 'fd00::/8'], '10.0.0.0/8\nfd00::/8'],
    [field('at', 'timeOfDay'), '02:30', '02:30'],
  ]
  for (const [one, value, input] of cases) {
    expect(inputOf(one, value)).toBe(input)
    expect(valueOf(one, input)).toEqual(value)
  }
})

it('leaves what is no number to the hub, and empty lines out', () => {
  expect(valueOf(field('days', 'integer'), 'seven')).toBe('seven')
  expect(valueOf(field('days', 'integer'), ' ')).toBe('')
  expect(valueOf(field('nets', 'lines'), ' a \n\n b')).toEqual(['a', 'b'])
})

it('sends what was changed, and a secret only when it was typed', () => {
  const view = {
    fields: [field('on', 'boolean'), field('days', 'integer'), field('key', 'secret', true)],
    values: { on: true, days: 7, key: null },
  } as unknown as SettingsGroupView
  expect(changedValues(view, { on: true, days: '7', key: '' })).toEqual({})
  expect(changedValues(view, { on: false, days: '7', key: 'hidden words' })).toEqual({
    on: false,
    key: 'hidden words',
  })
})

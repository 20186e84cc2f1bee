import type { SettingField, SettingsGroupView } from '@courtyard/protocols/contract'

/** What stands in a control. */
export type Input = string | boolean

export function inputOf(field: SettingField, value: unknown): Input {
  if (field.kind === 'boolean') return value === true
  if (value === null || value === undefined) return ''
  return Array.isArray(value) ? value.join('\n') : String(value as string | number)
}

/** For the hub, which says what is wrong with it: a number that is none goes as it was typed. */
export function valueOf(field: SettingField, input: Input): unknown {
  if (typeof input === 'boolean') return input
  const text = input.trim()
  if (field.kind === 'lines') return input.split('\n').map((line) => line.trim()).filter(Boolean) // prettier-ignore
  if (text === '' && field.optional) return null
  if (field.kind !== 'integer' && field.kind !== 'number') return text
  const number = Number(text)
  return text === '' || Number.isNaN(number) ? text : number
}

/** Fields whose value is another one than the hub has. A secret that was left empty stays what it is. */
export function changedValues(
  view: SettingsGroupView,
  inputs: Readonly<Record<string, Input>>,
): Record<string, unknown> {
  const changed: Record<string, unknown> = {}
  for (const field of view.fields) {
    const input = inputs[field.key] ?? ''
    if (field.kind === 'secret' && input === '') continue
    const value = valueOf(field, input)
    if (JSON.stringify(value) !== JSON.stringify(view.values[field.key])) changed[field.key] = value
  }
  return changed
}

/** A group of settings as fields of a form: kinds and limits come from its schema, words from its declaration. */
import type { SettingField, SettingKind } from '@courtyard/protocols/contract'
import * as z from 'zod'
import type { SettingsGroup, SettingWords } from './group.ts'

/** What is used of JSON Schema. */
interface Part {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly Part[]
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** @throws for a field that no form can show */
export function fieldsOf(group: SettingsGroup): SettingField[] {
  const schema = z.toJSONSchema(group.schema, { io: 'output' }) as { properties?: Record<string, Part> }
  return Object.entries(schema.properties ?? {}).map(([key, part]) => fieldOf(group, key, part))
}

function fieldOf(group: SettingsGroup, key: string, given: Part): SettingField {
  const words = group.fields[key]
  if (!words) throw new Error(`settings ${group.key}: ${key} has no words`)
  const { part, optional } = withoutNull(given)
  const kind = kindOf(part, words)
  if (!kind || (words.secret && !optional)) throw new Error(`settings ${group.key}: ${key} fits no form`)
  return {
    key,
    kind,
    optional,
    label: words.label,
    help: words.help ?? null,
    unit: words.unit ?? null,
    emptyMeans: words.emptyMeans ?? null,
    minimum: limit(part.minimum),
    maximum: limit(part.maximum),
    maxLength: part.maxLength ?? null,
    choices: (part.enum ?? []).map((value) => ({
      value,
      label: words.choices?.[value] ?? { zh: value, en: value },
    })),
  }
}

/** A field that may be null is a union, or for plain types a list of types. */
function withoutNull(given: Part): { part: Part; optional: boolean } {
  if (typeof given.type === 'object') {
    const [type] = given.type.filter((one) => one !== 'null')
    return {
      part: { ...given, ...(type === undefined ? {} : { type }) },
      optional: given.type.includes('null'),
    }
  }
  const others = given.anyOf?.filter(({ type }) => type !== 'null') ?? []
  const optional = others.length < (given.anyOf?.length ?? 0)
  return { part: optional ? (others[0] ?? {}) : given, optional }
}

function kindOf(part: Part, words: SettingWords): SettingKind | null {
  if (words.secret) return part.type === 'string' ? 'secret' : null
  if (part.enum) return 'choice'
  switch (part.type) {
    case 'boolean':
      return 'boolean'
    case 'integer':
      return 'integer'
    case 'number':
      return 'number'
    case 'array':
      return 'lines'
    case 'string':
      return words.kind ?? 'text'
    default:
      return null
  }
}

/** A whole number without a limit has those of JavaScript. */
const limit = (value: number | undefined): number | null =>
  value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? null : value

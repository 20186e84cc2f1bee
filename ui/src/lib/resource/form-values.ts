/** Between what stands in the controls of a form and what the hub is sent. Problems are words for the person. */
import type {
  AttachmentRef,
  FieldMeta,
  Reference,
  ResourceMeta,
  ResourceRow,
} from '@courtyard/protocols/contract'
import { cleanDecimal } from '#lib/format/input.ts'
import { instantOfLocal, localOfInstant } from '#lib/format/time.ts'
import { m } from '#lib/paraglide/messages.js'
import { decimalText, isReference, valueOf } from './fields.ts'

/** Text of most kinds, also of numbers, days and (wall-clock) instants; the rest as it is. */
export type InputValue = string | boolean | Reference | AttachmentRef[] | null
export type Inputs = Record<string, InputValue>

/** What a control shows for a value of the hub. */
export function inputOf(field: FieldMeta, value: unknown, timeZone: string): InputValue {
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'reference':
      return isReference(value) ? value : null
    case 'attachments':
      return Array.isArray(value) ? (value as AttachmentRef[]) : []
    case 'instant':
      return typeof value === 'string' ? localOfInstant(value, timeZone) : ''
    default:
      if (value === null || value === undefined) return ''
      return field.kind === 'decimal' ? decimalText(field, value) : String(value)
  }
}

/** What the hub is sent for a control: null for nothing. */
export function valueOfInput(field: FieldMeta, input: InputValue, timeZone: string): unknown {
  if (input === null || input === '') return null
  if (field.kind === 'attachments') return (input as AttachmentRef[]).map(({ id }) => id)
  if (field.kind === 'reference') return (input as Reference).id
  if (typeof input !== 'string') return input
  const text = field.kind === 'longText' ? input.trimEnd() : input.trim()
  if (field.kind === 'integer') return Number(cleanDecimal(text))
  if (field.kind === 'decimal' || field.kind === 'money') return cleanDecimal(text)
  if (field.kind === 'instant') return instantOfLocal(text, timeZone)
  return text === '' ? null : text
}

/** What is wrong with an input, before the hub is asked; undefined when nothing is. */
export function problemOf(field: FieldMeta, input: InputValue): string | undefined {
  const empty =
    input === null ||
    (Array.isArray(input) ? input.length === 0 : typeof input === 'string' && input.trim() === '')
  if (empty) return field.required ? m.kit_required() : undefined
  if (typeof input !== 'string') return undefined
  if (field.maxLength !== null && [...input].length > field.maxLength)
    return m.kit_too_long({ max: field.maxLength })
  if (field.kind === 'integer' || field.kind === 'decimal' || field.kind === 'money')
    return numberProblem(field, input)
  return undefined
}

function numberProblem(field: FieldMeta, input: string): string | undefined {
  const text = cleanDecimal(input)
  if (text === null) return m.kit_not_a_number()
  const digits = text.split('.')[1]?.replace(/0+$/, '').length ?? 0
  const most = field.kind === 'integer' ? 0 : field.scale
  if (most !== null && digits > most)
    return most === 0 ? m.kit_whole_number() : m.kit_too_many_decimals({ digits: most })
  if (field.min !== null && compareDecimals(text, field.min) < 0) return m.kit_at_least({ min: field.min })
  if (field.max !== null && compareDecimals(text, field.max) > 0) return m.kit_at_most({ max: field.max })
  return undefined
}

/** Exact comparison of decimal texts: −1, 0 or 1. */
export function compareDecimals(a: string, b: string): number {
  const scale = Math.max(a.split('.')[1]?.length ?? 0, b.split('.')[1]?.length ?? 0)
  const digits = (text: string): bigint => {
    const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
    const value = BigInt(whole + fraction.padEnd(scale, '0'))
    return text.startsWith('-') ? -value : value
  }
  const [left, right] = [digits(a), digits(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Fields that a person fills in: of a new record, or of one that is there. */
export function editableFields(meta: Pick<ResourceMeta, 'fields'>, isNew: boolean): FieldMeta[] {
  return meta.fields.filter((field) => !field.readOnly && (isNew || !field.createOnly))
}

/** What the controls start with: the record, or for a new one the defaults. */
export function startInputs(
  fields: readonly FieldMeta[],
  row: ResourceRow | null,
  given: Record<string, unknown>,
  timeZone: string,
): Inputs {
  return Object.fromEntries(
    fields.map((field) => {
      const value = row ? valueOf(row, field.name) : (given[field.name] ?? field.default)
      return [field.name, inputOf(field, value, timeZone)]
    }),
  )
}

/** Whether two inputs would be sent as the same value. */
export function sameInput(field: FieldMeta, a: InputValue, b: InputValue, timeZone: string): boolean {
  const text = (input: InputValue): string => JSON.stringify(safeValue(field, input, timeZone))
  return text(a) === text(b)
}

/** As `valueOfInput`; what cannot be read stays as it was typed. */
function safeValue(field: FieldMeta, input: InputValue, timeZone: string): unknown {
  if (problemOf({ ...field, required: false }, input) !== undefined) return input
  return valueOfInput(field, input, timeZone)
}

/** Values as the hub takes them: custom fields inside `custom`. */
export function bodyOf(values: Record<string, unknown>): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  const custom: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith('custom.')) custom[name.slice('custom.'.length)] = value
    else body[name] = value
  }
  return Object.keys(custom).length > 0 ? { ...body, custom } : body
}

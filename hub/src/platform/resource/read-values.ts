/** What somebody sends as values of a record, checked field by field. Pure. */
import type * as z from 'zod'
import { withInput, reasonOfIssue } from '../reasons/zod-reason.ts'
import { CUSTOM_PREFIX, type Field, type FieldValue, type Values } from './field.ts'
import { notOneOf, rulesOf } from './kinds.ts'
import type { RecordReason } from './reasons.ts'
import type { ChangeKind, Fault } from './resource.ts'
import { fieldOfShape, type Shape } from './shape.ts'

export interface Read {
  /** Only the fields that were given. */
  readonly values: Values
  readonly faults: readonly Fault[]
}

/** @param input members by field name; custom fields inside `custom`, or as `custom.<key>` */
export function readValues(shape: Shape, input: Readonly<Record<string, unknown>>, kind: ChangeKind): Read {
  const values: Record<string, FieldValue> = {}
  const faults: Fault[] = []
  for (const [name, given] of Object.entries(flat(input))) {
    const field = fieldOfShape(shape, name)
    const read = field ? readValue(field, given, kind) : { fault: unknownField(name) }
    if ('fault' in read) faults.push({ field: name, reason: read.fault })
    else values[name] = read.value
  }
  return { values, faults }
}

/** Without surprises for who sends null for an empty text, or an empty text for null. */
function readValue(
  field: Field,
  given: unknown,
  kind: ChangeKind,
): { value: FieldValue } | { fault: Fault['reason'] } {
  if (field.readOnly) return { fault: say({ code: 'record.read_only' }) }
  if (field.createOnly && kind !== 'create') return { fault: say({ code: 'record.create_only' }) }
  if (given === null || given === undefined || (typeof given === 'string' && given.trim() === '')) {
    return { value: emptyOf(field) }
  }
  const parsed = schemaOf(field).safeParse(given, withInput)
  if (parsed.success) return { value: parsed.data }
  return { fault: field.options ? notOneOf(field) : reasonOfIssue(parsed.error.issues[0]!) }
}

/** Made once per field: a file has tens of thousands of cells of it. */
const schemas = new WeakMap<Field, z.ZodType<FieldValue>>()

function schemaOf(field: Field): z.ZodType<FieldValue> {
  const known = schemas.get(field)
  if (known) return known
  const made = rulesOf(field).written(field)
  schemas.set(field, made)
  return made
}

const say = (reason: RecordReason) => reason
const unknownField = (name: string) => ({ code: 'input.unknown_keys', keys: name })

function flat(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { custom, ...rest } = input
  if (typeof custom !== 'object' || custom === null) return rest
  const members = Object.entries(custom as Record<string, unknown>).map(
    ([key, value]) => [CUSTOM_PREFIX + key, value] as const,
  )
  return { ...rest, ...Object.fromEntries(members) }
}

/** A new record: what was given, else the default, else nothing. */
export function withDefaults(shape: Shape, given: Values): Values {
  return Object.fromEntries(
    shape.fields
      .filter((field) => field.column !== undefined || field.customKey !== null || field.given === true)
      .map((field) => [field.name, given[field.name] ?? field.default ?? emptyOf(field)]),
  )
}

const emptyOf = ({ kind }: Field): FieldValue => (kind === 'attachments' ? [] : null)

export function missingOf(shape: Shape, after: Values, names?: readonly string[]): Fault[] {
  return shape.fields
    .filter((field) => field.required && !field.readOnly && (names?.includes(field.name) ?? true))
    .filter((field) => isEmpty(after[field.name]))
    .map((field) => ({ field: field.name, reason: { code: 'input.missing' } }))
}

function isEmpty(value: FieldValue | undefined): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0)
}

/** Names of the fields that differ. */
export function changedNames(before: Values | null, after: Values): string[] {
  return Object.keys(after).filter((name) => !isSame(before?.[name] ?? null, after[name] ?? null))
}

function isSame(left: FieldValue, right: FieldValue): boolean {
  if (Array.isArray(left) && Array.isArray(right)) return left.join() === right.join()
  if (left === right) return true
  return isNumeric(left) && isNumeric(right) && plain(left) === plain(right)
}

/** `12.50` of a column and `12.5` of a form are the same number. */
const isNumeric = (value: FieldValue): value is string =>
  typeof value === 'string' && /^-?\d+\.\d+$|^-?\d+$/.test(value)
const plain = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

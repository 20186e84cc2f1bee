/**
 * A form out of a JSON Schema (draft 2020-12) as agents send it. What a form cannot show well becomes a field that is
 * edited as JSON, so nothing of a configuration is out of reach.
 */
import { isFields, type Fields } from './paths.ts'

export interface Field {
  readonly name: string
  readonly node: Node
  readonly required: boolean
  /** What holds when it is left out; undefined: nothing. */
  readonly fallback: unknown
  readonly description: string
}
export type Node =
  | {
      readonly kind: 'text'
      readonly secret: boolean
      readonly pattern: string | null
      readonly minLength: number
      readonly maxLength: number | null
    }
  | {
      readonly kind: 'number'
      readonly integer: boolean
      readonly minimum: number | null
      readonly maximum: number | null
      /** The minimum itself is not allowed. */
      readonly above: boolean
    }
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly options: readonly (string | number | boolean)[] }
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'group'; readonly fields: readonly Field[] }
  | { readonly kind: 'variants'; readonly tag: string; readonly variants: readonly Variant[] }
  | { readonly kind: 'list'; readonly item: Node }
  | { readonly kind: 'map'; readonly value: Node }
  | { readonly kind: 'json' }
export interface Variant {
  readonly value: string
  /** What this kind is for. */
  readonly description: string
  readonly fields: readonly Field[]
}

type Schema = Fields

/** The fields of an object's schema; `except` names those that are shown elsewhere. */
export function fieldsOf(schema: Schema, except: readonly string[] = []): Field[] {
  const node = nodeOf(schema, schema)
  return node.kind === 'group' ? node.fields.filter((field) => !except.includes(field.name)) : []
}

/** What an object's schema looks like as a form; unions of shapes stay a choice. */
export const formOf = (schema: Schema): Node => nodeOf(schema, schema)

function nodeOf(given: Schema, root: Schema): Node {
  const schema = resolve(given, root)
  if ('const' in schema) return { kind: 'constant', value: schema['const'] }
  if (Array.isArray(schema['enum'])) return { kind: 'choice', options: schema['enum'] as string[] }
  const options = (schema['oneOf'] ?? schema['anyOf']) as Schema[] | undefined
  if (Array.isArray(options)) return unionOf(options, root)
  switch (schema['type']) {
    case 'string':
      return textOf(schema)
    case 'number':
    case 'integer':
      return numberOf(schema)
    case 'boolean':
      return { kind: 'switch' }
    case 'array':
      return isFields(schema['items'])
        ? { kind: 'list', item: nodeOf(schema['items'], root) }
        : { kind: 'json' }
    case 'object':
      return objectOf(schema, root)
    default:
      return isFields(schema['properties']) ? objectOf(schema, root) : { kind: 'json' }
  }
}

/** Follows a reference inside the same schema and joins the parts of an `allOf`. */
function resolve(schema: Schema, root: Schema): Schema {
  let found = schema
  const reference = schema['$ref']
  if (typeof reference === 'string' && reference.startsWith('#/')) {
    let at: unknown = root
    for (const step of reference.slice(2).split('/')) at = isFields(at) ? at[step] : undefined
    if (isFields(at)) found = { ...at, ...schema, $ref: undefined }
  }
  if (!Array.isArray(found['allOf'])) return found
  return (found['allOf'] as Schema[])
    .map((part) => resolve(part, root))
    .reduce(joined, { ...found, allOf: undefined })
}

function joined(a: Schema, b: Schema): Schema {
  const properties = { ...(a['properties'] as Schema), ...(b['properties'] as Schema) }
  const required = [...((a['required'] ?? []) as string[]), ...((b['required'] ?? []) as string[])]
  return { ...a, ...b, properties, required }
}

const numberIn = (schema: Schema, name: string): number | null =>
  typeof schema[name] === 'number' ? schema[name] : null

function textOf(schema: Schema): Node {
  return {
    kind: 'text',
    secret: schema['secret'] === true,
    pattern: typeof schema['pattern'] === 'string' ? schema['pattern'] : null,
    minLength: numberIn(schema, 'minLength') ?? 0,
    maxLength: numberIn(schema, 'maxLength'),
  }
}

function numberOf(schema: Schema): Node {
  const above = numberIn(schema, 'exclusiveMinimum')
  const maximum = numberIn(schema, 'maximum')
  const minimum = above ?? numberIn(schema, 'minimum')
  const safe = (bound: number | null): number | null =>
    bound !== null && Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? null : bound
  return {
    kind: 'number',
    integer: schema['type'] === 'integer',
    minimum: safe(minimum),
    maximum: safe(maximum),
    above: above !== null,
  }
}

function objectOf(schema: Schema, root: Schema): Node {
  const properties = isFields(schema['properties']) ? schema['properties'] : {}
  const extra = schema['additionalProperties']
  if (Object.keys(properties).length === 0 && isFields(extra) && Object.keys(extra).length > 0)
    return { kind: 'map', value: nodeOf(extra, root) }
  if (Object.keys(properties).length === 0 && extra !== false) return { kind: 'json' }
  const required = (schema['required'] ?? []) as string[]
  const fields = Object.entries(properties).map(([name, child]): Field => {
    const resolved = resolve(child as Schema, root)
    return {
      name,
      node: nodeOf(resolved, root),
      required: required.includes(name),
      fallback: resolved['default'],
      description: typeof resolved['description'] === 'string' ? resolved['description'] : '',
    }
  })
  return { kind: 'group', fields }
}

/** A union of single values is a choice; one of objects that tell themselves apart by a constant is variants. */
function unionOf(options: readonly Schema[], root: Schema): Node {
  const shapes = options.map((option) => resolve(option, root)).filter((option) => option['type'] !== 'null')
  const first = shapes[0]
  if (shapes.length === 1 && first) return nodeOf(first, root)
  if (shapes.length > 0 && shapes.every((shape) => 'const' in shape))
    return { kind: 'choice', options: shapes.map((shape) => shape['const'] as string) }
  const groups = shapes.map((shape) => nodeOf(shape, root))
  const tag = tagOf(groups)
  if (tag === null) return { kind: 'json' }
  const variants = groups.flatMap((group) => {
    const fields = group.kind === 'group' ? group.fields : []
    const value = constantOf(fields, tag)
    const description = fields.find((field) => field.name === tag)?.description ?? ''
    return { value: String(value), description, fields: fields.filter((field) => field.name !== tag) }
  })
  return { kind: 'variants', tag, variants }
}

const constantOf = (fields: readonly Field[], name: string): unknown => {
  const node = fields.find((field) => field.name === name)?.node
  return node?.kind === 'constant' ? node.value : undefined
}

function tagOf(groups: readonly Node[]): string | null {
  const first = groups[0]
  if (first?.kind !== 'group' || !groups.every((group) => group.kind === 'group')) return null
  const found = first.fields.find((field) => {
    const values = groups.map((group) => constantOf(group.kind === 'group' ? group.fields : [], field.name))
    return values.every((value) => typeof value === 'string') && new Set(values).size === values.length
  })
  return found?.name ?? null
}

/** What has to be filled in comes first, else as the schema has it. */
export function requiredFirst(fields: readonly Field[]): Field[] {
  const later = (field: Field): number => (field.required && field.fallback === undefined ? 0 : 1)
  return fields.toSorted((a, b) => later(a) - later(b))
}

/** What a new entry begins with: constants and the required groups; defaults stay unsaid. */
export function blankOf(node: Node): unknown {
  switch (node.kind) {
    case 'constant':
      return node.value
    case 'group':
      return blankFields(node.fields)
    case 'variants': {
      const first = node.variants[0]
      return first ? blankVariant(node.tag, first) : {}
    }
    case 'list':
      return []
    case 'map':
      return {}
    case 'switch':
      return false
    default:
      return undefined
  }
}

export const blankVariant = (tag: string, variant: Variant): Fields => ({
  [tag]: variant.value,
  ...blankFields(variant.fields),
})

export function blankFields(fields: readonly Field[]): Fields {
  const entries = fields
    .filter((field) => field.required && field.fallback === undefined)
    .map((field) => [field.name, blankOf(field.node)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

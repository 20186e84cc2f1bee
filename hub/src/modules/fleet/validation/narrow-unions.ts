/**
 * Rewrites the unions of a JSON Schema so that a validator speaks only of the variant that a value means: by the
 * property that names the variant, else by the kind of value. A plain `oneOf` complains in the name of every variant.
 * What is valid stays valid, what is not stays so; unions that can't be told apart are left as they are. Pure.
 */
type Schema = Readonly<Record<string, unknown>>

/** These hold values, not schemas. */
const VALUES = new Set(['const', 'enum', 'default', 'examples'])

export function narrowUnions(root: unknown): unknown {
  return narrow(root, isSchema(root) ? root : {})
}

function narrow(value: unknown, root: Schema): unknown {
  if (Array.isArray(value)) return value.map((one) => narrow(one, root))
  if (!isSchema(value)) return value
  const inner: Record<string, unknown> = {}
  for (const [key, part] of Object.entries(value)) inner[key] = VALUES.has(key) ? part : narrow(part, root)
  const union = inner.oneOf ?? inner.anyOf
  // Beside an allOf of its own it would have to be merged; agents send no such thing
  if (!Array.isArray(union) || inner.allOf !== undefined || (inner.oneOf && inner.anyOf)) return inner
  const { oneOf: _oneOf, anyOf: _anyOf, ...rest } = inner
  const narrowed = asEnum(union) ?? byTag(union, root) ?? byType(union, root)
  return narrowed ? { allOf: [narrowed], ...rest } : inner
}

/** Only constants: one list of them. */
function asEnum(variants: readonly unknown[]): Schema | null {
  const values = variants.map((variant) => (isSchema(variant) && 'const' in variant ? [variant.const] : []))
  const distinct = new Set(values.map((one) => JSON.stringify(one))).size === values.length
  return distinct && values.every(({ length }) => length === 1) ? { enum: values.flat() } : null
}

/** Objects that each require another constant in the same property. */
function byTag(variants: readonly unknown[], root: Schema): Schema | null {
  const resolved = variants.map((variant) => resolve(variant, root))
  for (const tag of Object.keys(propertiesOf(resolved[0]))) {
    const names = resolved.map((variant) => tagOf(variant, tag))
    if (names.includes(null) || new Set(names).size !== names.length) continue
    const cases = variants.map((then, i) => ({
      if: { type: 'object', required: [tag], properties: { [tag]: { const: names[i] } } },
      then,
    }))
    return { type: 'object', required: [tag], properties: { [tag]: { enum: names } }, allOf: cases }
  }
  return null
}

function tagOf(variant: Schema | null, tag: string): string | null {
  const property = propertiesOf(variant)[tag]
  const required = variant?.required
  if (!isSchema(property) || !Array.isArray(required) || !required.includes(tag)) return null
  return typeof property.const === 'string' ? property.const : null
}

/** Values of different kinds, such as an object or null. */
function byType(variants: readonly unknown[], root: Schema): Schema | null {
  const types = variants.map((variant) => typeOf(resolve(variant, root)))
  // Every integer is a number
  const kinds = types.map((type) => (type === 'integer' ? 'number' : type))
  if (types.includes(null) || new Set(kinds).size !== kinds.length) return null
  return { type: types, allOf: variants.map((then, i) => ({ if: { type: types[i] }, then })) }
}

/** Also of a union that was narrowed before. */
function typeOf(schema: Schema | null): string | null {
  if (typeof schema?.type === 'string') return schema.type
  const [only] = Array.isArray(schema?.allOf) && schema.allOf.length === 1 ? (schema.allOf as unknown[]) : []
  return isSchema(only) && typeof only.type === 'string' ? only.type : null
}

/** Follows references within the schema; null where there is nothing that could be looked at. */
function resolve(schema: unknown, root: Schema, steps = 0): Schema | null {
  if (!isSchema(schema) || steps > 10) return null
  if (typeof schema.$ref !== 'string') return schema
  const name = /^#\/\$defs\/([^/]+)$/.exec(schema.$ref)?.[1]
  const defs = root.$defs
  return name !== undefined && isSchema(defs) ? resolve(defs[name], root, steps + 1) : null
}

function propertiesOf(schema: Schema | null | undefined): Schema {
  return isSchema(schema?.properties) ? schema.properties : {}
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

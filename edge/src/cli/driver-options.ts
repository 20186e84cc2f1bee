/** What a person types about a bus or an address, turned into what a driver's schema wants. */
import { parse } from 'yaml'
import type * as z from 'zod'
import { formatPath, issuesOf } from '../config/issues.ts'
import { fieldsOf } from '../config/reference.ts'
import type { DriverDefinition } from '../drivers/driver.ts'
import { driverDefinitions, findDriver } from '../drivers/registry.ts'
import { inputSchema, type SchemaNode } from '../fleet/secrets.ts'
import { usageError } from './command.ts'
import { table } from './table.ts'

/** @throws AppError `edge.usage`. */
export function driverNamed(id: string, help: string): DriverDefinition {
  const definition = findDriver(id)
  if (definition) return definition
  throw usageError(`there is no driver "${id}"; there are ${driverDefinitions.map((each) => each.id).join(', ')}`, help)
} // prettier-ignore

/**
 * The bus from `--bus TEXT` (YAML or JSON) and any number of `--set path.to.key=value`.
 * @throws AppError `edge.usage` with everything that is missing or wrong.
 */
export function busFrom(definition: DriverDefinition, text: string | undefined, sets: readonly string[], help: string): unknown {
  const node = inputSchema(definition.busSchema)
  const bus = text === undefined ? {} : yamlObject(text, '--bus', help)
  for (const set of sets) put(bus, node, pairOf(set, '--set', help))
  return checked(definition.busSchema, bus, 'the bus', help)
} // prettier-ignore

/**
 * The address from YAML or JSON, `key=value,key=value`, or one bare value where the driver asks for one field only.
 * @throws AppError `edge.usage`.
 */
export function addressFrom(definition: DriverDefinition, text: string | undefined, help: string): unknown {
  const node = inputSchema(definition.addressSchema)
  return checked(definition.addressSchema, readAddress(text, node, help), 'the address', help)
}

function readAddress(text: string | undefined, node: SchemaNode, help: string): Record<string, unknown> {
  if (text === undefined) return {}
  if (text.trimStart().startsWith('{')) return yamlObject(text, '--address', help)
  const address = {}
  if (text.includes('=')) {
    for (const part of text.split(',')) put(address, node, pairOf(part, '--address', help))
    return address
  }
  const required = variants(node).map(
    (variant) => (variant['required'] as readonly string[] | undefined) ?? [],
  )
  const names = required.find((list) => list.length === 1) ?? Object.keys(propertiesOf(node))
  if (names.length !== 1) throw usageError(`--address "${text}": say which fields, such as ${names.map((name) => `${name}=…`).join(',')}`, help) // prettier-ignore
  put(address, node, { path: [names[0]!], text })
  return address
}

function yamlObject(text: string, option: string, help: string): Record<string, unknown> {
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    throw usageError(`${option} is neither YAML nor JSON: ${(cause as Error).message.split('\n')[0]}`, help)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown> // prettier-ignore
  throw usageError(`${option} should look like {key: value}`, help)
}

interface Pair {
  readonly path: readonly string[]
  readonly text: string
}

function pairOf(text: string, option: string, help: string): Pair {
  const at = text.indexOf('=')
  if (at <= 0) throw usageError(`${option} "${text}" should look like key=value`, help)
  return { path: text.slice(0, at).trim().split('.'), text: text.slice(at + 1).trim() }
}

/** Follows the path, making sections on the way; what kind of value it is, the schema knows. */
function put(target: Record<string, unknown>, schema: SchemaNode, { path, text }: Pair): void {
  let at = target
  let nodes = variants(schema)
  for (const [index, name] of path.entries()) {
    nodes = nodes.flatMap((node) => variants(propertiesOf(node)[name] ?? {}))
    if (index === path.length - 1) {
      Object.defineProperty(at, name, { value: valueOf(text, nodes), enumerable: true, writable: true, configurable: true }) // prettier-ignore
      return
    }
    const below = Object.hasOwn(at, name) ? at[name] : undefined
    const section = typeof below === 'object' && below !== null ? below : {}
    Object.defineProperty(at, name, { value: section, enumerable: true, writable: true, configurable: true })
    at = section as Record<string, unknown>
  }
}

/** A text stays a text where the schema wants one: an address like 000000000012 is no number. */
function valueOf(text: string, nodes: readonly SchemaNode[]): unknown {
  const allowed = nodes.flatMap((node) => (node['const'] === undefined ? ((node['enum'] as unknown[] | undefined) ?? []) : [node['const']])) // prettier-ignore
  const literal = allowed.find((value) => String(value) === text)
  if (literal !== undefined) return literal
  const types = nodes.map((node) => node['type'])
  if (types.includes('string') && !types.some((type) => type === 'number' || type === 'integer')) return text
  const value: unknown = parse(text)
  return value === null && text !== 'null' ? text : value
}

function variants(node: SchemaNode): SchemaNode[] {
  const lists = ['oneOf', 'anyOf', 'allOf'].flatMap((word) => (node[word] as SchemaNode[] | undefined) ?? [])
  return lists.length > 0 ? lists.flatMap(variants) : [node]
}

function propertiesOf(node: SchemaNode): Readonly<Record<string, SchemaNode>> {
  return Object.assign({}, ...variants(node).map((each) => each['properties'] ?? {})) as Readonly<Record<string, SchemaNode>> // prettier-ignore
}

function checked(schema: z.ZodType, value: unknown, what: string, help: string): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = issuesOf(parsed).map(({ path, reason }) => `  ${formatPath(path) || what}: ${reason}`)
  throw usageError(`${what} is not complete or wrong:\n${faults.join('\n')}`, help)
}

/** The fields of a driver, made from its schemas. */
export function driverHelp(definition: DriverDefinition): string {
  const rows = (schema: z.ZodType) =>
    fieldsOf(schema).map(({ path, kind, value, meaning }) => [`  ${path}`, kind.replaceAll('`', ''), value, meaning])
  return (
    `Driver ${definition.id}. Bus, by --set key=value or --bus '{key: value}':\n\n` +
    table([['  key', 'kind', 'default', 'meaning'], ...rows(definition.busSchema)]) +
    `\nAddress, by --address key=value,key=value or --address '{key: value}':\n\n` +
    table([['  key', 'kind', 'default', 'meaning'], ...rows(definition.addressSchema)])
  )
} // prettier-ignore

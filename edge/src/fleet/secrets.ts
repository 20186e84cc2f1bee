/**
 * Secrets in the part of the configuration that the hub manages. The drivers' schemas mark them (`secret: true`); they
 * are masked on the way up, and a mask that comes down stands for the secret of the bus or device with the same key.
 */
import * as z from 'zod'
import { SECRET_MASK, type ConfigIssue, type ManagedConfig } from '@courtyard/protocols/contract'
import type { DriverDefinition } from '../drivers/driver.ts'
import { findDriver } from '../drivers/registry.ts'

export type SchemaNode = Readonly<Record<string, unknown>>
type Entry = Readonly<Record<string, unknown>>

/** JSON Schema of what a person writes: defaults may be left out. */
export function inputSchema(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}

const schemasByDriver = new Map<DriverDefinition, { bus: SchemaNode; address: SchemaNode }>()

export function schemasOf(definition: DriverDefinition): { bus: SchemaNode; address: SchemaNode } {
  let known = schemasByDriver.get(definition)
  if (!known) {
    known = { bus: inputSchema(definition.busSchema), address: inputSchema(definition.addressSchema) }
    schemasByDriver.set(definition, known)
  }
  return known
}

/** A copy with every secret replaced by the mask. */
export function maskSecrets(config: ManagedConfig): ManagedConfig {
  return mapSecrets(config, (value) => (value === undefined || value === null ? value : SECRET_MASK))
}

/**
 * A copy with every mask replaced by the secret that stood there; masks without an earlier secret are issues, and stay.
 */
export function unmaskSecrets(
  config: ManagedConfig,
  earlier: ManagedConfig,
): { config: ManagedConfig; issues: ConfigIssue[] } {
  const issues: ConfigIssue[] = []
  const unmasked = mapSecrets(config, (value, place) => {
    if (value !== SECRET_MASK) return value
    const before = valueAt(entryWithKey(earlier[place.list], place.key), place.path)
    if (typeof before === 'string' || typeof before === 'number') return before
    const path = `${place.list}[${place.index}].${pathText(place.path)}`
    issues.push({ path, reason: 'is masked, and this gateway has no earlier secret for it: type it in' })
    return value
  })
  return { config: unmasked, issues }
}

/** Every secret of a configuration, for keeping them out of the log. */
export function secretsOf(config: ManagedConfig): string[] {
  const found = new Set<string>()
  mapSecrets(config, (value) => {
    if (typeof value === 'string' || typeof value === 'number') found.add(String(value))
    return value
  })
  return [...found]
}

/** Where a secret stands: a list, the key of the entry in it, the way inside that entry. */
interface Place {
  readonly list: 'buses' | 'devices'
  readonly index: number
  readonly key: unknown
  readonly path: readonly (string | number)[]
}
type Change = (value: unknown, place: Place) => unknown

function mapSecrets(config: ManagedConfig, change: Change): ManagedConfig {
  const driverOfBus = new Map(config.buses.map((bus) => [bus['key'], findDriver(String(bus['driver']))]))
  const map = (list: Place['list'], schemaOf: (entry: Entry) => SchemaNode | null) =>
    config[list].map((entry, index): Record<string, unknown> => {
      const schema = schemaOf(entry)
      const place = { list, index, key: entry['key'], path: [] }
      return schema ? (mapNode(entry, [schema], place, change) as Record<string, unknown>) : { ...entry }
    })
  return {
    ...config,
    buses: map('buses', (bus) => {
      const definition = findDriver(String(bus['driver']))
      return definition ? schemasOf(definition).bus : null
    }),
    devices: map('devices', (device) => {
      const definition = driverOfBus.get(device['bus'])
      return definition ? { properties: { address: schemasOf(definition).address } } : null
    }),
  }
}

/** `schemas` are all that may describe the value: the variants of a union side by side. */
function mapNode(value: unknown, schemas: readonly SchemaNode[], place: Place, change: Change): unknown {
  const all = schemas.flatMap(variantsOf)
  if (all.some((schema) => schema['secret'] === true)) return change(value, place)
  if (Array.isArray(value)) {
    const items = all.flatMap((schema) => nodes(schema['items']))
    return items.length === 0 ? value : value.map((item, index) => mapNode(item, items, inside(place, index), change)) // prettier-ignore
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => {
      const below = all.flatMap((schema) => propertyOf(schema, name))
      return [name, below.length === 0 ? child : mapNode(child, below, inside(place, name), change)]
    }),
  )
}

function inside(place: Place, step: string | number): Place {
  return { ...place, path: [...place.path, step] }
}

function variantsOf(schema: SchemaNode): SchemaNode[] {
  const further = ['oneOf', 'anyOf', 'allOf'].flatMap((word) => {
    const list = schema[word]
    return Array.isArray(list) ? list.flatMap(nodes).flatMap(variantsOf) : []
  })
  return [schema, ...further]
}

function propertyOf(schema: SchemaNode, name: string): SchemaNode[] {
  const properties = schema['properties'] as Entry | undefined
  return properties && Object.hasOwn(properties, name)
    ? nodes(properties[name])
    : nodes(schema['additionalProperties'])
}

function nodes(value: unknown): SchemaNode[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? [value as SchemaNode] : []
}

function entryWithKey(list: readonly Entry[], key: unknown): Entry | undefined {
  return list.find((entry) => entry['key'] === key)
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Readonly<Record<string | number, unknown>>)[step]
  }
  return at
}

function pathText(path: readonly (string | number)[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('')
}

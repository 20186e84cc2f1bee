/**
 * Where secrets stand in a configuration. The gateway's own schema marks them (`secret: true`); beside that, texts
 * whose name speaks of a password are taken for secrets, so that a driver that forgot the mark gives nothing away.
 * Places are named by the keys of buses and devices, so that they survive reordering.
 */
import { SECRET_MASK, type ManagedConfig, type SchemaMessage } from '@courtyard/protocols/contract'

export type FleetSchema = Omit<SchemaMessage, 'v'>
type Node = Readonly<Record<string, unknown>>
type Step = string | number

export interface SecretPlace {
  readonly steps: readonly Step[]
  /** The same in another revision of the configuration. */
  readonly identity: string
  readonly value: unknown
}

const secretName = /pass(word|phrase|wd)|secret|token|credential|private_?key/i
const MOST_VARIANTS = 64

/** A copy in which every secret is the mask. */
export function maskSecrets(config: ManagedConfig, schema: FleetSchema | null): ManagedConfig {
  return changed(config, secretPlaces(config, schema), () => SECRET_MASK)
}

/**
 * A copy in which a mask is what stood there before: in the first of `sources` that has something real. One that none
 * of them knows stays: the gateway may know it.
 */
export function unmaskSecrets(
  config: ManagedConfig,
  sources: readonly ManagedConfig[],
  schema: FleetSchema | null,
): ManagedConfig {
  const masked = secretPlaces(config, schema).filter(({ value }) => value === SECRET_MASK)
  if (masked.length === 0) return config
  const known = new Map<string, unknown>()
  for (const source of sources) {
    for (const { identity, value } of secretPlaces(source, schema)) {
      if (value !== SECRET_MASK && !known.has(identity)) known.set(identity, value)
    }
  }
  return changed(config, masked, ({ identity, value }) => (known.has(identity) ? known.get(identity) : value))
}

/** A copy without secrets and masks, for templates. */
export function withoutSecrets(config: ManagedConfig, schema: FleetSchema | null): ManagedConfig {
  const removed = Symbol('removed')
  const marked = changed(config, secretPlaces(config, schema), () => removed)
  return cleared(marked, (value) => value === removed || value === SECRET_MASK) as ManagedConfig
}

/** Secrets that are there: neither absent nor empty. */
export function secretPlaces(config: ManagedConfig, schema: FleetSchema | null): SecretPlace[] {
  const found: SecretPlace[] = []
  const drivers = new Map(schema?.drivers.map((driver) => [driver.id, driver]))
  const driverOfBus = new Map(config.buses.map((bus) => [bus.key, drivers.get(String(bus.driver))]))
  const look = (value: unknown, node: unknown, steps: readonly Step[], identity: readonly Step[]) =>
    walk({ value, nodes: variants(node, node), root: node, steps, identity }, found)
  config.buses.forEach((bus, index) =>
    look(bus, drivers.get(String(bus.driver))?.bus, ['buses', index], ['buses', keyOf(bus, index)]),
  )
  config.devices.forEach((device, index) => {
    const at: Step[] = ['devices', index]
    const identity = ['devices', keyOf(device, index)]
    const { address, ...rest } = device
    look(rest, schema?.device, at, identity)
    const node = driverOfBus.get(device.bus)?.address
    look(address, node, [...at, 'address'], [...identity, 'address'])
  })
  for (const part of ['outbox', 'uplink'] as const) {
    if (config[part]) look(config[part], schema?.[part], [part], [part])
  }
  return found
}

/** Value at a place; undefined when there is none. */
export function valueAt(config: unknown, steps: readonly Step[]): unknown {
  let at = config
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<Step, unknown>)[step]
  }
  return at
}

/** What names an entry of a list: its key, else its place. */
export function keyOf(entry: unknown, index: number): Step {
  const key = typeof entry === 'object' && entry !== null ? (entry as { key?: unknown }).key : undefined
  return typeof key === 'string' ? key : index
}

interface Walk {
  readonly value: unknown
  readonly nodes: readonly Node[]
  /** For references: `#` is the schema of the part. */
  readonly root: unknown
  readonly steps: readonly Step[]
  readonly identity: readonly Step[]
}

function walk(at: Walk, found: SecretPlace[]): void {
  const { value, nodes, root, steps, identity } = at
  if (value === undefined || value === null || value === '') return
  const name = steps.at(-1)
  const looksSecret = typeof value === 'string' && typeof name === 'string' && secretName.test(name)
  if (looksSecret || nodes.some((node) => node.secret === true)) {
    found.push({ steps, identity: JSON.stringify(identity), value })
    return
  }
  if (typeof value !== 'object') return
  const children: [Step, unknown, Step][] = Array.isArray(value)
    ? value.map((item, index) => [index, item, keyOf(item, index)])
    : Object.entries(value).map(([key, item]) => [key, item, key])
  for (const [step, item, named] of children) {
    const below = nodes.flatMap((node) => childrenOf(node, step)).flatMap((node) => variants(node, root))
    const next = { value: item, nodes: below.slice(0, MOST_VARIANTS), root }
    walk({ ...next, steps: [...steps, step], identity: [...identity, named] }, found)
  }
}

/** A node of a schema with all that it refers to or is made of; each once, so that circles and thickets end. */
function variants(node: unknown, root: unknown): Node[] {
  const found = new Set<Node>()
  const waiting: unknown[] = [node]
  while (waiting.length > 0 && found.size < MOST_VARIANTS) {
    const next = waiting.shift()
    if (!isNode(next) || found.has(next)) continue
    found.add(next)
    for (const word of ['anyOf', 'oneOf', 'allOf']) {
      const parts = next[word]
      if (Array.isArray(parts)) waiting.push(...(parts.slice(0, MOST_VARIANTS) as unknown[]))
    }
    if (typeof next.$ref === 'string') waiting.push(referred(next.$ref, root))
  }
  return [...found]
}

function childrenOf(node: Node, step: Step): unknown[] {
  if (typeof step === 'number') {
    const prefix: unknown = Array.isArray(node.prefixItems) ? node.prefixItems[step] : undefined
    return [prefix ?? node.items]
  }
  const { properties } = node
  return isNode(properties) && Object.hasOwn(properties, step)
    ? [properties[step]]
    : [node.additionalProperties]
}

/** Only inside the same schema: `#` and `#/$defs/name`. */
function referred(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#')) return undefined
  const steps = reference.split('/').slice(1)
  return valueAt(
    root,
    steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')),
  )
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function changed(
  config: ManagedConfig,
  places: readonly SecretPlace[],
  change: (place: SecretPlace) => unknown,
): ManagedConfig {
  const copy = structuredClone(config)
  for (const place of places) {
    const parent = valueAt(copy, place.steps.slice(0, -1)) as Record<Step, unknown>
    parent[place.steps.at(-1)!] = change(place)
  }
  return copy
}

function cleared(value: unknown, isGone: (value: unknown) => boolean): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isGone(item)).map((item) => cleared(item, isGone))
  if (!isNode(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => !isGone(item))
      .map(([key, item]) => [key, cleared(item, isGone)]),
  )
}

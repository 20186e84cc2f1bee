/** The configuration as a file: written without secrets, read with a clear word when it is none. */
import type { ManagedConfig } from '@courtyard/protocols/contract'
import type { SchemaAnswer } from './config-editor.svelte.ts'
import { formOf, type Node } from './form-model.ts'
import { isFields, type Fields } from './paths.ts'
import { MASK } from './secret-mask.ts'

/** A copy in which every secret that the schema names is the mask. */
export function withoutSecrets(config: ManagedConfig, schema: SchemaAnswer | null): ManagedConfig {
  if (!schema) return config
  const driverOf = (id: unknown) => schema.drivers.find((driver) => driver.id === id)
  const busDriver = (key: unknown) => driverOf(config.buses.find((bus) => bus['key'] === key)?.['driver'])
  return {
    ...config,
    buses: config.buses.map((bus) => masked(bus, driverOf(bus['driver'])?.bus) as Fields),
    devices: config.devices.map((device) => ({
      ...(masked(device, schema.device) as Fields),
      ...('address' in device
        ? { address: masked(device['address'], busDriver(device['bus'])?.address) }
        : {}),
    })),
    ...(config.uplink ? { uplink: masked(config.uplink, schema.uplink) as Fields } : {}),
    ...(config.outbox ? { outbox: masked(config.outbox, schema.outbox) as Fields } : {}),
  }
}

const masked = (value: unknown, schema: Fields | undefined): unknown =>
  schema ? maskNode(value, formOf(schema)) : value

function maskNode(value: unknown, node: Node): unknown {
  if (node.kind === 'text') return node.secret && typeof value === 'string' ? MASK : value
  if (node.kind === 'list')
    return Array.isArray(value) ? value.map((item) => maskNode(item, node.item)) : value
  if (!isFields(value)) return value
  if (node.kind === 'map')
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskNode(item, node.value)]))
  const fields =
    node.kind === 'group'
      ? node.fields
      : node.kind === 'variants'
        ? (node.variants.find((variant) => variant.value === value[node.tag])?.fields ?? [])
        : []
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const field = fields.find((candidate) => candidate.name === name)
      return [name, field ? maskNode(item, field.node) : item]
    }),
  )
}

/** The configuration in a file: exported here, a template, or an answer of the hub that holds one. Null when it is none. */
export function configOfFile(text: string): ManagedConfig | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return null
  }
  const found = isFields(parsed) && isFields(parsed['config']) ? parsed['config'] : parsed
  if (!isFields(found) || !isList(found['buses']) || !isList(found['devices'])) return null
  const { buses, devices, outbox, uplink } = found
  return {
    buses,
    devices,
    ...(isFields(outbox) ? { outbox } : {}),
    ...(isFields(uplink) ? { uplink } : {}),
  }
}
const isList = (value: unknown): value is Fields[] => Array.isArray(value) && value.every(isFields)

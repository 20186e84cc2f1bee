/** What the hub can see of a configuration beyond the schemas of drivers: how its parts fit together. */
import type { ManagedConfig } from '@courtyard/protocols/contract'
import type { FleetReason } from '../reasons.ts'
import type { FleetSchema } from './secret-places.ts'

/** Fits into one message to the gateway with room to spare. */
export const MAX_CONFIG_BYTES = 3_500_000
const MAX_DEPTH = 32

interface Fault {
  /** Inside the configuration: `buses[0].key`. */
  readonly path: string
  readonly reason: FleetReason | { readonly code: 'input.missing' }
}

/** To be asked before anything else looks inside. */
export function checkShape(config: ManagedConfig): Fault[] {
  if (isTooDeep(config)) return [{ path: '', reason: { code: 'config.too_deep' } }]
  const bytes = Buffer.byteLength(JSON.stringify(config))
  if (bytes <= MAX_CONFIG_BYTES) return []
  return [{ path: '', reason: { code: 'config.too_large', bytes, most: MAX_CONFIG_BYTES } }]
}

/** @param schema null: the gateway hasn't told what it knows; only keys can be looked at */
export function checkTogether(config: ManagedConfig, schema: FleetSchema | null): Fault[] {
  return [
    ...checkKeys(config.buses, 'buses'),
    ...checkKeys(config.devices, 'devices'),
    ...config.buses.flatMap((bus, index) => checkDriver(bus, index, schema)),
    ...checkDevices(config, schema),
  ]
}

function checkKeys(entries: readonly Record<string, unknown>[], list: string): Fault[] {
  const seen = new Set<string>()
  return entries.flatMap(({ key }, index): Fault[] => {
    const path = `${list}[${index}].key`
    if (typeof key !== 'string' || key === '') return [{ path, reason: { code: 'input.missing' } }]
    if (seen.has(key)) return [{ path, reason: { code: 'config.key_twice', key } }]
    seen.add(key)
    return []
  })
}

function checkDriver(bus: Record<string, unknown>, index: number, schema: FleetSchema | null): Fault[] {
  if (!schema || schema.drivers.some(({ id }) => id === bus.driver)) return []
  const known = schema.drivers.map(({ id }) => id).join(', ')
  const path = `buses[${index}].driver`
  if (typeof bus.driver !== 'string') return [{ path, reason: { code: 'input.missing' } }]
  return [{ path, reason: { code: 'config.unknown_driver', driver: bus.driver, known } }]
}

function checkDevices(config: ManagedConfig, schema: FleetSchema | null): Fault[] {
  const driverOfBus = new Map(config.buses.map(({ key, driver }) => [key, String(driver)]))
  const driverOfProfile = new Map(
    schema?.drivers.flatMap(({ id, profiles }) => profiles.map((profile) => [profile.id, id] as const)),
  )
  return config.devices.flatMap((device, index): Fault[] => {
    const at = `devices[${index}]`
    const [bus, profile] = [device.bus, device.profile]
    const busDriver = driverOfBus.get(bus)
    const driver = typeof profile === 'string' ? driverOfProfile.get(profile) : undefined
    const faults: Fault[] = []
    if (busDriver === undefined) {
      faults.push({ path: `${at}.bus`, reason: { code: 'config.unknown_bus', bus: textOf(bus) } })
    }
    if (schema && driver === undefined) {
      const reason = { code: 'config.unknown_profile', profile: textOf(profile) } as const
      faults.push({ path: `${at}.profile`, reason })
    }
    if (driver !== undefined && busDriver !== undefined && driver !== busDriver) {
      const words = { profile: textOf(profile), driver, bus: textOf(bus), busDriver }
      faults.push({ path: `${at}.profile`, reason: { code: 'config.profile_of_other_driver', ...words } })
    }
    return faults
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Without recursion: this is what protects those who recurse. */
function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : [],
    )
  }
  return false
}

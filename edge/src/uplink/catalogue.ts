import { createHash } from 'node:crypto'
import { CatalogueMessage, TELEMETRY_VERSION, type CatalogueDevice } from '@courtyard/protocols/contract'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import { commandsOf } from '../commands/index.ts'
import type { SiteBus, SiteConfig, SiteDevice } from '../config/index.ts'

/** What this gateway reads, in the hub's words; equal content has an equal revision. */
export function buildCatalogue(site: SiteConfig): CatalogueMessage {
  const devices = site.buses.flatMap((bus) => bus.devices.map((device) => describeDevice(bus, device)))
  const revision = createHash('sha256').update(JSON.stringify(devices)).digest('hex').slice(0, 32)
  return CatalogueMessage.parse({ v: TELEMETRY_VERSION, revision, devices })
}

function describeDevice(bus: SiteBus, device: SiteDevice): CatalogueDevice {
  const { profile } = device
  const commands = commandsOf(profile, bus.definition)
  return {
    key: device.key,
    name: device.name,
    profile: profile.id,
    manufacturer: profile.manufacturer,
    model: profile.model,
    medium: profile.medium,
    driver: bus.definition.id,
    bus: bus.key,
    address: bus.definition.describeDevice(bus.config, device.address),
    ...(device.serial === undefined ? {} : { serial: device.serial }),
    points: profile.points.map((point) => describePoint(point, device)),
    ...(commands.length > 0 ? { commands } : {}),
  }
}

function describePoint(
  point: DeviceProfile['points'][number],
  device: SiteDevice,
): CatalogueDevice['points'][number] {
  const { key, label, kind, code, unit, scale, digits } = point
  const intervalMs = device.intervals[point.group]!
  return { key, label, kind, code, unit, scale, ...(digits === undefined ? {} : { digits }), intervalMs }
}

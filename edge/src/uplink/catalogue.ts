import { createHash } from 'node:crypto'
import { CatalogueMessage, TELEMETRY_VERSION, type CatalogueDevice } from '@courtyard/protocols/contract'
import { commandsOf } from '../commands/index.ts'
import type { SiteBus, SiteConfig, SiteDevice } from '../config/index.ts'

type Described = Pick<CatalogueDevice, 'points' | 'commands'>

/** What this gateway reads, in the hub's words; equal content has an equal revision. */
export function buildCatalogue(site: SiteConfig): CatalogueMessage {
  // A thousand meters of one model share the description of its points.
  const known = new Map<string, Described>()
  const devices = site.buses.flatMap((bus) => bus.devices.map((device) => describeDevice(bus, device, known)))
  const revision = createHash('sha256').update(JSON.stringify(devices)).digest('hex').slice(0, 32)
  const catalogue: CatalogueMessage = { v: TELEMETRY_VERSION, revision, devices }
  // Only checked: the copy that parsing gives would hold the points of every device anew.
  CatalogueMessage.parse(catalogue)
  return catalogue
}

function describeDevice(bus: SiteBus, device: SiteDevice, known: Map<string, Described>): CatalogueDevice {
  const { profile } = device
  const kind = JSON.stringify([bus.definition.id, profile.id, device.intervals])
  const described = known.get(kind) ?? describeKind(bus, device)
  known.set(kind, described)
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
    ...described,
  }
}

/** What is the same for all devices of a profile, driver and polling interval. */
function describeKind({ definition }: SiteBus, { profile, intervals }: SiteDevice): Described {
  const commands = commandsOf(profile, definition)
  const points = profile.points.map(({ key, label, kind, code, unit, scale, digits, group }) => ({
    ...{ key, label, kind, code, unit, scale, ...(digits === undefined ? {} : { digits }) },
    intervalMs: intervals[group]!,
  }))
  return { points, ...(commands.length > 0 ? { commands } : {}) }
}

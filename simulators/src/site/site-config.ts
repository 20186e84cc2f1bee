/** The edge's site configuration for this simulator. Its schema belongs to the edge. */
import { stringify } from 'yaml'
import type { SiteYamlOptions } from '../options.ts'
import { furtherConfig, furtherDevicesOf, type FurtherPorts } from './further-devices.ts'
import type { SimulatedMeter, Site } from './site.types.ts'

export interface EndpointAddress {
  readonly key: string
  readonly host: string
  readonly port: number
  /** The same units as RTU over TCP. */
  readonly rtuPort?: number
}

export function siteConfig(
  site: Site,
  endpoints: readonly EndpointAddress[],
  options: SiteYamlOptions,
  furtherPorts: FurtherPorts | null = null,
): object {
  const host = endpoints[0]?.host ?? '127.0.0.1'
  const further = furtherPorts
    ? furtherConfig(furtherDevicesOf(site.seed, site.households), host, furtherPorts)
    : { buses: [], devices: [] }
  const { hubUrl, enrolmentToken, dataDir, statusPort } = options
  return {
    gateway: { name: `${site.project.name}网关`, dataDir, statusPort },
    hub: { url: hubUrl, ...(enrolmentToken === undefined ? {} : { enrolmentToken }) },
    buses: [...endpoints.map(modbusBus), ...further.buses],
    devices: [...site.meters.map(modbusDevice), ...further.devices],
  }
}

function modbusBus({ key, host, port }: EndpointAddress) {
  return { key, driver: 'modbus', transport: { type: 'tcp', host, port }, timeoutMs: 1000 }
}

function modbusDevice({ key, name, endpoint, profile, unitId, serial }: SimulatedMeter) {
  return { key, name, bus: endpoint, profile: profile.id, address: { unitId }, serial }
}

export function siteYaml(
  site: Site,
  endpoints: readonly EndpointAddress[],
  options: SiteYamlOptions,
  furtherPorts: FurtherPorts | null = null,
): string {
  return stringify(siteConfig(site, endpoints, options, furtherPorts), { lineWidth: 0 })
}

/** The edge's site configuration for this simulator. Its schema belongs to the edge. */
import { stringify } from 'yaml'
import type { SiteYamlOptions } from '../options.ts'
import type { Site } from './site.types.ts'

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
): object {
  const { hubUrl, enrolmentToken, dataDir, statusPort } = options
  return {
    gateway: { name: `${site.project.name}网关`, dataDir, statusPort },
    hub: { url: hubUrl, ...(enrolmentToken === undefined ? {} : { enrolmentToken }) },
    buses: endpoints.map(({ key, host, port }) => ({
      key,
      driver: 'modbus',
      transport: { type: 'tcp', host, port },
      timeoutMs: 1000,
    })),
    devices: site.meters.map((meter) => ({
      key: meter.key,
      name: meter.name,
      bus: meter.endpoint,
      profile: meter.profile.id,
      address: { unitId: meter.unitId },
      serial: meter.serial,
    })),
  }
}

export function siteYaml(
  site: Site,
  endpoints: readonly EndpointAddress[],
  options: SiteYamlOptions,
): string {
  return stringify(siteConfig(site, endpoints, options), { lineWidth: 0 })
}

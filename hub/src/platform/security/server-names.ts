import { hostname, networkInterfaces } from 'node:os'
import { isIP } from 'node:net'
import type { HubConfig } from '../config.ts'

const everywhere = new Set(['0.0.0.0', '::'])

/** Names and addresses under which the hub may be reached: what its certificate is valid for. */
export function serverNames(config: HubConfig): string[] {
  const { mqtt, https } = config
  const hosts = [https.host, mqtt.host, mqtt.tls.host]
  const urls = [config.publicUrl, mqtt.publicUrl, mqtt.tls.publicUrl]
  const names = [
    'localhost',
    '127.0.0.1',
    '::1',
    hostname(),
    ...config.tlsNames,
    ...urls.filter((url) => url !== null).map(hostOf),
    ...hosts.filter((host) => !everywhere.has(host)),
    ...(hosts.some((host) => everywhere.has(host)) ? addressesOfThisMachine() : []),
  ]
  return [...new Set(names.map((name) => name.toLowerCase()))].filter(isNameOrAddress).sort()
}

/** Host of an address, IPv6 without brackets. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

function addressesOfThisMachine(): string[] {
  return (
    Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      // Link-local addresses mean nothing without their interface
      .filter(({ address, internal }) => !internal && !/^fe[89ab]/i.test(address))
      .map(({ address }) => address)
  )
}

function isNameOrAddress(name: string): boolean {
  return (
    isIP(name) !== 0 ||
    /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name)
  )
}

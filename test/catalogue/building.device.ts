/** SNMP agents and BACnet devices that hold what a profile names. */
import type { DeviceProfile, ProfilePoint } from '@courtyard/protocols/profile'
import { startBacnetDevice } from '../../simulators/src/bacnet/index.ts'
import { startSnmpAgent, type SnmpVariable } from '../../simulators/src/snmp/index.ts'
import type { OpenDevice } from './profile-device.ts'
import { rawValue } from './raw-value.ts'

const ROW = '7'

interface Held {
  readonly point: ProfilePoint
  readonly raw: number
  readonly mantissa: number
}

function holdings(
  profile: DeviceProfile,
  form: (point: ProfilePoint) => { factor: string; offset: string; max: number },
): Held[] {
  return profile.points.map((point, index) => ({
    point,
    ...rawValue(point, index, { places: 0, ...form(point) }),
  }))
}

function valuesOf(held: readonly Held[]): Map<string, number> {
  return new Map(held.map(({ point, mantissa }) => [point.key, mantissa]))
}

export const openSnmpDevice: OpenDevice = async (profile) => {
  const held = holdings(profile, ({ snmp }) => ({ ...snmp!, max: 2 ** 31 - 1 }))
  const variables = held.map(({ point, raw }): SnmpVariable => ({
    oid: point.snmp!.oid.replaceAll('{index}', ROW),
    syntax: point.kind === 'register' ? 'counter64' : 'integer',
    value: String(raw),
  }))
  const agent = await startSnmpAgent({ community: 'catalogue', variables })
  return {
    bus: { access: { version: 'v2c', community: 'catalogue' } },
    address: { host: '127.0.0.1', port: agent.port, index: ROW },
    values: valuesOf(held),
    stop: () => agent.stop(),
  }
}

export const openBacnetDevice: OpenDevice = async (profile) => {
  const held = holdings(profile, ({ bacnet }) => ({ ...bacnet!, max: largest(bacnet!.object) }))
  const device = await startBacnetDevice({
    instance: 7,
    host: '127.0.0.1',
    objects: held.map(({ point, raw }) => ({
      type: point.bacnet!.object,
      instance: point.bacnet!.instance,
      value: String(raw),
    })),
  })
  return {
    bus: { host: '127.0.0.1', port: 0 },
    address: { host: '127.0.0.1', port: device.port },
    values: valuesOf(held),
    stop: () => device.stop(),
  }
}

/** Greatest present value that keeps every digit: REAL has 24 bits; a binary object is 0 or 1. */
function largest(object: string): number {
  if (object.startsWith('binary')) return 1
  return object.startsWith('multiState') ? 3 : 2 ** 24
}

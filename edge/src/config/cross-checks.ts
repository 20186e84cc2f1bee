/** What the schema of one field cannot see: references between parts of the site file. Pure. */
import type { DeviceProfile } from '@courtyard/protocols/profile'
import { findDriver } from '../drivers/registry.ts'
import { issuesOf, type PathIssue } from './issues.ts'

/**
 * Works on the raw file, so that a slip in one place doesn't hide those in others; parts with the wrong shape
 * are skipped, the schema has spoken about them.
 */
export function crossCheck(raw: unknown, profiles: ReadonlyMap<string, DeviceProfile>): PathIssue[] {
  const buses = entriesOf(raw, 'buses')
  const devices = entriesOf(raw, 'devices')
  return [
    ...checkHub(raw),
    ...duplicateKeys('buses', buses),
    ...duplicateKeys('devices', devices),
    ...sharedWires(buses),
    ...devices.flatMap((device, index) => checkDevice(device, index, buses, profiles)),
    ...sharedAddresses(devices, buses),
  ]
}

/** A token is of no use without the place to bring it to. */
export function checkHub(raw: unknown): PathIssue[] {
  const hub = (raw as Entry | null)?.['hub'] as Entry | null | undefined
  if (typeof hub !== 'object' || hub === null) return []
  if (hub['enrolmentToken'] === undefined || hub['url'] !== undefined) return []
  return [{ path: ['hub', 'url'], reason: 'is missing: the enrolment token is brought to it' }]
}

type Entry = Readonly<Record<string, unknown>>

function entriesOf(raw: unknown, name: string): Entry[] {
  const list = (raw as Entry | null)?.[name]
  if (!Array.isArray(list)) return []
  return list.map((entry) => (typeof entry === 'object' && entry !== null ? (entry as Entry) : {}))
}

function duplicateKeys(list: string, entries: readonly Entry[]): PathIssue[] {
  return firstUses(
    entries,
    (entry) => (typeof entry['key'] === 'string' ? entry['key'] : null),
    (index, first, key) => ({
      path: [list, index, 'key'],
      reason: `"${key}" is also the key of ${list}[${first}]`,
    }),
  )
}

function sharedWires(buses: readonly Entry[]): PathIssue[] {
  return firstUses(
    buses,
    (bus) => {
      const parsed = parseBus(bus)
      return parsed && parsed.driver.busIdentity(parsed.config)
    },
    (index, first, wire) => ({
      path: ['buses', index, 'transport'],
      reason: `${wire} is also that of buses[${first}]; one wire is one bus, or its requests would collide`,
    }),
  )
}

function parseBus(bus: Entry) {
  const driver = typeof bus['driver'] === 'string' ? findDriver(bus['driver']) : undefined
  const { key: _key, driver: _driver, ...own } = bus
  const parsed = driver?.busSchema.safeParse(own)
  return driver && parsed?.success ? { driver, config: parsed.data } : null
}

function checkDevice(
  device: Entry,
  index: number,
  buses: readonly Entry[],
  profiles: ReadonlyMap<string, DeviceProfile>,
): PathIssue[] {
  const issues: PathIssue[] = []
  const at = (...path: (string | number)[]) => ['devices', index, ...path]
  const bus = buses.find((entry) => entry['key'] === device['bus'])
  const profile = profiles.get(String(device['profile']))
  if (typeof device['bus'] === 'string' && !bus) {
    issues.push({ path: at('bus'), reason: `there is no bus "${device['bus']}"` })
  }
  if (typeof device['profile'] === 'string' && !profile) {
    const known = [...profiles.keys()].join(', ')
    issues.push({
      path: at('profile'),
      reason: `there is no profile "${device['profile']}"; there are ${known}`,
    })
  }
  if (bus && profile && bus['driver'] !== profile.driver) {
    const reason = `profile ${profile.id} is for driver ${profile.driver}, bus "${String(bus['key'])}" has ${String(bus['driver'])}`
    issues.push({ path: at('profile'), reason })
  }
  if (profile) issues.push(...checkIntervals(device['intervals'], profile, at))
  const driver = typeof bus?.['driver'] === 'string' ? findDriver(bus['driver']) : undefined
  if (driver) issues.push(...issuesOf(driver.addressSchema.safeParse(device['address']), at('address')))
  return issues
}

function checkIntervals(
  intervals: unknown,
  profile: DeviceProfile,
  at: (...path: string[]) => (string | number)[],
): PathIssue[] {
  if (typeof intervals !== 'object' || intervals === null) return []
  const groups = Object.keys(profile.groups)
  return Object.keys(intervals)
    .filter((group) => !groups.includes(group))
    .map((group) => ({
      path: at('intervals', group),
      reason: `profile ${profile.id} has no group "${group}"; it has ${groups.join(', ')}`,
    }))
}

function sharedAddresses(devices: readonly Entry[], buses: readonly Entry[]): PathIssue[] {
  return firstUses(
    devices,
    (device) => {
      const bus = buses.find((entry) => entry['key'] === device['bus'])
      const driver = typeof bus?.['driver'] === 'string' ? findDriver(bus['driver']) : undefined
      const address = driver?.addressSchema.safeParse(device['address'])
      return driver && address?.success
        ? `${driver.deviceIdentity(address.data)} of bus "${String(device['bus'])}"`
        : null
    },
    (index, first, place) => ({
      path: ['devices', index, 'address'],
      reason: `${place} is also the address of devices[${first}]`,
    }),
  )
}

/** Reports each entry whose identity an earlier one has; entries without identity don't count. */
function firstUses(
  entries: readonly Entry[],
  identity: (entry: Entry) => string | null,
  report: (index: number, first: number, identity: string) => PathIssue,
): PathIssue[] {
  const seen = new Map<string, number>()
  return entries.flatMap((entry, index) => {
    const id = identity(entry)
    if (id === null) return []
    const first = seen.get(id)
    if (first === undefined) seen.set(id, index)
    return first === undefined ? [] : [report(index, first, id)]
  })
}

import type { ImportResult } from '@courtyard/protocols/contract'
import { loadProfiles, type DeviceProfile } from '@courtyard/protocols/profile'
import { toCsv } from '../csv.ts'
import type { HubClient } from '../hub-client.ts'
import {
  registerPoint,
  type SimulatedMeter,
  type SimulatedSite,
  type SimulatorControl,
} from '../simulated-site.ts'

/** The project's id, made when it is not there. */
export async function ensureProject(hub: HubClient, site: SimulatedSite): Promise<string> {
  const projects = await hub.call('GET /api/projects')
  const known = projects.find((project) => project.code === site.project.code)
  if (known) return known.id
  const { code, name, timeZone } = site.project
  return (await hub.call('POST /api/projects', { body: { code, name, timeZone } })).id
}

export async function importRooms(hub: HubClient, projectId: string, site: SimulatedSite): Promise<void> {
  const buildings = new Map(site.buildings.map((building) => [building.code, building.name]))
  const accounts = new Map(
    [...site.households, ...site.shops].map((account) => [`${account.building}/${account.room}`, account]),
  )
  const rows = site.rooms.map((room) => {
    const account = accounts.get(`${room.building}/${room.code}`)
    return {
      building: room.building,
      buildingName: buildings.get(room.building) ?? room.building,
      room: room.code,
      kind: room.kind === 'shop' ? 'shop' : 'flat',
      floor: room.floor,
      areaM2: room.area,
      accountNumber: account?.code ?? null,
      householdName: account?.name ?? null,
      householdKind: account ? (room.kind === 'shop' ? 'commercial' : 'residential') : null,
    }
  })
  const options = { params: { id: projectId }, csv: toCsv(rows) }
  refuseErrors('rooms', await hub.call('POST /api/projects/:id/rooms/import', options))
}

/**
 * Metering points with their meters, installed `installedAt` with the index that the meter showed then.
 * Repeating it changes nothing.
 */
export async function importMeters(
  hub: HubClient,
  projectId: string,
  site: SimulatedSite,
  simulator: SimulatorControl,
  installedAt: Date,
): Promise<void> {
  const profiles = loadProfiles()
  const rows = []
  for (const meter of site.meters) {
    const truth = await simulator.truth(meter.key, installedAt)
    rows.push(meterRow(meter, profiles.get(meter.profile), truth, installedAt))
  }
  const options = { params: { id: projectId }, csv: toCsv(rows) }
  refuseErrors('meters', await hub.call('POST /api/projects/:id/meters/import', options))
}

function meterRow(
  meter: SimulatedMeter,
  profile: DeviceProfile | undefined,
  truth: Record<string, string>,
  installedAt: Date,
) {
  const register = profile?.points.find((point) => point.key === registerPoint(meter))
  if (!profile || !register) throw new Error(`${meter.key}: profile ${meter.profile} has no register`)
  return {
    code: meter.key,
    name: meter.name,
    medium: meter.medium,
    role: meter.role,
    building: meter.building,
    room: meter.room,
    parent: meter.parent,
    serial: meter.serial,
    manufacturer: profile.manufacturer,
    model: profile.model,
    unit: register.unit,
    scale: register.scale,
    digits: register.digits ?? null,
    multiplier: '1',
    installedAt: installedAt.toISOString(),
    initialIndex: truth[register.key] ?? null,
  }
}

export function refuseErrors(what: string, result: ImportResult): void {
  if (result.errors.length === 0) return
  const first = result.errors.slice(0, 5).map(({ row, column, reason }) => `row ${row} ${column}: ${reason}`)
  throw new Error(`import of ${what} refused: ${first.join('; ')}`)
}

import type { BuildingSection } from '@courtyard/protocols/contract'
import { opens, type CurrentUser } from '../../platform/auth/user.ts'
import type { Hub } from '../../platform/module.ts'
import { openBills } from '../charging/index.ts'
import { findBuilding } from '../estate/index.ts'
import { roomState } from './domain/room-state.ts'
import { alarmsOfBuilding, roomsOfBuilding, sectionHead } from './section.repository.ts'

/** A building as it stands. Money and alarms only for those who may read bills and meters there. */
export async function buildingSection(hub: Hub, user: CurrentUser, id: string): Promise<BuildingSection> {
  const { projectId } = await findBuilding(hub, user, id, 'estate.read')
  const { pool } = hub.db
  const place = { projectId, buildingId: id }
  const [head, rows, alarms] = await Promise.all([
    sectionHead(pool, id),
    roomsOfBuilding(pool, id),
    opens(user, 'metering.read', place) ? alarmsOfBuilding(pool, id) : [],
  ])
  const households = rows.flatMap(({ household }) => household?.id ?? [])
  const open = opens(user, 'charging.read', place) ? await openBills(pool, households) : []
  const owed = new Map(open.map(({ householdId, amount }) => [householdId, amount]))
  const alarmed = new Map(alarms.map((one) => [one.roomId, one]))
  return {
    ...head!,
    rooms: rows.map((row) => {
      const { devicesOffline = 0, heldReadings = 0 } = alarmed.get(row.id) ?? {}
      const openAmount = (row.household && owed.get(row.household.id)) ?? null
      const facts = { openAmount, devicesOffline, heldReadings }
      return { ...row, ...facts, state: roomState({ ...facts, occupied: row.household !== null }) }
    }),
  }
}

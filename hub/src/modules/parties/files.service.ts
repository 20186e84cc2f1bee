import type {
  HouseholdBelongings,
  HouseholdEvent,
  HouseholdFile,
  HouseholdMeter,
  HouseholdMoney,
  PartyFile,
  PersonInRoom,
  RoomFile,
} from '@courtyard/protocols/contract'
import { opens, type CurrentUser } from '../../platform/auth/user.ts'
import type { Hub } from '../../platform/module.ts'
import { openBills } from '../charging/index.ts'
import { findProject } from '../estate/index.ts'
import { localDays } from '../metering/index.ts'
import { asSeen, findHousehold, findParty, findRoom, opensAny } from './access.ts'
import {
  householdFile,
  keysOfRooms,
  peopleOfRooms,
  roomFile,
  rolesOfParty,
  roomsOfHousehold,
} from './files.repository.ts'
import { belongingsOf, billsOfHousehold, eventsOf, metersOfRooms } from './household-parts.repository.ts'

export async function roomFileFor(hub: Hub, user: CurrentUser, id: string): Promise<RoomFile> {
  const place = await findRoom(hub, user, id, 'estate.read')
  const { pool } = hub.db
  const seesPeople = opens(user, 'party.read', place)
  const [file, people, keys] = await Promise.all([
    roomFile(pool, id),
    seesPeople ? peopleOfRooms(pool, [id]) : [],
    seesPeople ? keysOfRooms(pool, [id]) : [],
  ])
  return {
    ...file!,
    ownerChanges: seesPeople ? file!.ownerChanges : [],
    people: people.map((one) => asSeen(user, place.projectId, one)),
    keys,
  }
}

/** Roles in rooms that the person may see. */
export async function partyFileFor(hub: Hub, user: CurrentUser, id: string): Promise<PartyFile> {
  const { projectId, name } = await findParty(hub, user, id, 'party.read')
  const roles = await rolesOfParty(hub.db.pool, id)
  const seen = roles.filter(({ room }) =>
    opens(user, 'party.read', { projectId, buildingId: room.building.id }),
  )
  return { id, projectId, name, roles: seen }
}

export async function householdFor(hub: Hub, user: CurrentUser, id: string): Promise<HouseholdFile> {
  const place = await findHousehold(hub, user, id, 'estate.read')
  const file = (await householdFile(hub.db.pool, id))!
  const { projectId } = place
  return {
    ...file,
    payer: opensAny(user, 'party.read', place) ? file.payer : null,
    rooms: file.rooms.filter(({ building }) =>
      opens(user, 'estate.read', { projectId, buildingId: building.id }),
    ),
  }
}

/** Rooms of the account in buildings that the permission opens. */
async function roomsFor(hub: Hub, user: CurrentUser, id: string, permission: 'party.read' | 'metering.read') {
  const { projectId } = await findHousehold(hub, user, id, permission)
  const file = await householdFile(hub.db.pool, id)
  const now = new Set(await roomsOfHousehold(hub.db.pool, id))
  const rooms = file!.rooms.filter(
    (room) => now.has(room.id) && opens(user, permission, { projectId, buildingId: room.building.id }),
  )
  return { projectId, roomIds: [...new Set(rooms.map((room) => room.id))] }
}

export async function peopleFor(hub: Hub, user: CurrentUser, id: string): Promise<PersonInRoom[]> {
  const { projectId, roomIds } = await roomsFor(hub, user, id, 'party.read')
  return (await peopleOfRooms(hub.db.pool, roomIds)).map((one) => asSeen(user, projectId, one))
}

export async function metersFor(hub: Hub, user: CurrentUser, id: string): Promise<HouseholdMeter[]> {
  const { projectId, roomIds } = await roomsFor(hub, user, id, 'metering.read')
  const { timeZone } = await findProject(hub, user, projectId, 'metering.read')
  return metersOfRooms(hub.db.pool, roomIds, localDays(timeZone, hub.clock.now()).today)
}

export async function moneyFor(hub: Hub, user: CurrentUser, id: string): Promise<HouseholdMoney> {
  await findHousehold(hub, user, id, 'charging.read')
  const [bills, open] = await Promise.all([billsOfHousehold(hub.db.pool, id), openBills(hub.db.pool, [id])])
  return { bills, openBills: open[0]?.bills ?? 0, openAmount: open[0]?.amount ?? '0.00' }
}

export async function belongingsFor(hub: Hub, user: CurrentUser, id: string): Promise<HouseholdBelongings> {
  const { roomIds } = await roomsFor(hub, user, id, 'party.read')
  const [belongings, keys] = await Promise.all([
    belongingsOf(hub.db.pool, roomIds),
    keysOfRooms(hub.db.pool, roomIds),
  ])
  return { ...belongings, keys }
}

const MOST_EVENTS = 100

export async function historyFor(hub: Hub, user: CurrentUser, id: string): Promise<HouseholdEvent[]> {
  const { roomIds } = await roomsFor(hub, user, id, 'party.read')
  return eventsOf(hub.db.pool, id, roomIds, MOST_EVENTS)
}

/** Finds rooms, accounts and people for somebody, within what he may see. */
import type { Permission, PersonInRoom } from '@courtyard/protocols/contract'
import { maskPhone, maySeeSensitive } from '../../platform/auth/sensitive.ts'
import { inScope, opens, type Viewer } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import {
  householdPlace,
  partyPlace,
  roomPlace,
  type LocatedHousehold,
  type LocatedParty,
  type LocatedRoom,
} from './files.repository.ts'

const notFound = () => fail(platformErrors.notFound, 'There is no such thing')

/** A row that lies in several buildings is opened by any of them; without a building by the project. */
export function opensAny(
  user: Viewer,
  permission: Permission,
  { projectId, buildingIds }: { projectId: string; buildingIds: readonly string[] },
): boolean {
  const places = [{ projectId }, ...buildingIds.map((buildingId) => ({ projectId, buildingId }))]
  return places.some((place) => opens(user, permission, place))
}

function require(
  user: Viewer,
  permission: Permission,
  read: Permission,
  place: Parameters<typeof opensAny>[2],
) {
  if (opensAny(user, permission, place)) return
  if (!inScope(user, place.projectId) || !opensAny(user, read, place)) throw notFound()
  throw fail(platformErrors.forbidden, 'Your role may not do this here', { permission })
}

/** @throws AppError `not_found` outside the scope, `auth.forbidden` for what may be seen and not done */
export async function findRoom(
  hub: Hub,
  user: Viewer,
  id: string,
  permission: Permission,
): Promise<LocatedRoom> {
  const room = await roomPlace(hub.db.pool, id)
  if (!room) throw notFound()
  require(user, permission, 'estate.read', { ...room, buildingIds: [room.buildingId] })
  return room
}

/** As `findRoom`. */
export async function findHousehold(
  hub: Hub,
  user: Viewer,
  id: string,
  permission: Permission,
): Promise<LocatedHousehold> {
  const household = await householdPlace(hub.db.pool, id)
  if (!household) throw notFound()
  require(user, permission, 'estate.read', household)
  return household
}

/** As `findRoom`. */
export async function findParty(
  hub: Hub,
  user: Viewer,
  id: string,
  permission: Permission,
): Promise<LocatedParty> {
  const party = await partyPlace(hub.db.pool, id)
  if (!party) throw notFound()
  require(user, permission, 'party.read', party)
  return party
}

/** Phones as this person may see them. */
export function asSeen(
  user: Viewer,
  projectId: string,
  { person, buildingId }: { person: PersonInRoom; buildingId: string },
): PersonInRoom {
  if (maySeeSensitive(user, { projectId, buildingId })) return person
  const { party } = person
  const hidden = (phone: string | null) => phone && maskPhone(phone)
  const masked = party.phone !== null || party.secondPhone !== null
  return {
    ...person,
    party: { ...party, phone: hidden(party.phone), secondPhone: hidden(party.secondPhone), masked },
  }
}

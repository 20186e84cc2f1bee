/** What a person is to a room, and what follows from it for what he may see. */
import type { PortalPlace } from '@courtyard/protocols/contract'

/** Whose bills and use of a room that is let: those of who lives there, or of who owns it. */
export type Side = 'owner' | 'tenant'

export interface Place extends PortalPlace {
  readonly side: Side
  /** Person on file whose right this is; of an invited one that of who invited. */
  readonly partyId: string
  readonly partyName: string
  /** Role that it hangs on. */
  readonly partyRoleId: string
}

/** Roles that open the portal. Residents and contacts of a room have no business with its bills. */
export const PORTAL_ROLES = ['owner', 'coOwner', 'tenant', 'family'] as const

const order: readonly PortalPlace['role'][] = ['owner', 'coOwner', 'tenant', 'family', 'invited']

/** Own rooms first, then by name, so that the switcher does not jump. */
export function inOrder(places: readonly Place[]): Place[] {
  const nameOf = ({ project, building, room }: Place) => `${project.name} ${building.name} ${room.code}`
  return places.toSorted(
    (a, b) => order.indexOf(a.role) - order.indexOf(b.role) || nameOf(a).localeCompare(nameOf(b), 'zh-CN'),
  )
}

export function shownPlace(place: Place): PortalPlace {
  const { side: _, partyId: _1, partyName: _2, partyRoleId: _3, ...shown } = place
  return shown
}

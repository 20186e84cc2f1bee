/** What a key may do: what it was made for, as far as its owner may do it now. Pure. */
import type { Permission } from '@courtyard/protocols/contract'
import { coversPlace, holdsRow, unionOfPlaces, type Grant, type Place } from '../auth/grant.ts'

export interface KeyScope {
  readonly permissions: readonly Permission[]
  readonly place: Place
}

/** The owner's grants, narrowed to the key: which rows (all, of the department, own) stays as the owner has it. */
export function narrowGrants(grants: readonly Grant[], scope: KeyScope): Grant[] {
  return grants.flatMap((grant) => {
    const permissions = new Set(scope.permissions.filter((one) => grant.permissions.has(one)))
    const place = commonPlace(grant.place, scope.place)
    return permissions.size === 0 || isNowhere(place) ? [] : [{ ...grant, permissions, place }]
  })
}

/** All that lies in both. */
export function commonPlace(left: Place, right: Place): Place {
  if (left.all) return right
  if (right.all) return left
  const projectIds = left.projectIds.filter((id) => right.projectIds.includes(id))
  const inBoth = [
    ...left.buildings.filter(({ id, projectId }) => holdsRow(right, { projectId, buildingId: id })),
    ...right.buildings.filter(({ id, projectId }) => holdsRow(left, { projectId, buildingId: id })),
  ]
  return {
    all: false,
    projectIds,
    buildings: [...new Map(inBoth.map((building) => [building.id, building])).values()],
  }
}

const isNowhere = (place: Place) => !place.all && place.projectIds.length + place.buildings.length === 0

/**
 * Permissions that a person lacks somewhere in the place: nobody gives them to a key. `by` is the permission that lets
 * him make keys, which he needs there too.
 */
export function missingFor(grants: readonly Grant[], scope: KeyScope, by: Permission): Permission[] {
  return [...new Set([by, ...scope.permissions])].filter((permission) => {
    const fitting = grants.filter(({ permissions }) => permissions.has(permission))
    // A place of nothing lies in every other one; who could give it is asked all the same
    return fitting.length === 0 || !coversPlace(unionOfPlaces(fitting.map((one) => one.place)), scope.place)
  })
}

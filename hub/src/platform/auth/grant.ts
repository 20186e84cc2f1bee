import type { Permission } from '@courtyard/protocols/contract'

export interface BuildingRef {
  readonly id: string
  readonly projectId: string
}

/** Where a grant counts: everywhere, or in whole projects and in single buildings of others. */
export type Place =
  | { readonly all: true }
  | {
      readonly all: false
      readonly projectIds: readonly string[]
      readonly buildings: readonly BuildingRef[]
    }

/** Which rows of that place: all, those of the own department and below, or those of the person alone. */
export type Records = 'all' | 'department' | 'own'

/** What one assignment of a role gives to a person; the rights of a person are the union of them. */
export interface Grant {
  readonly permissions: ReadonlySet<Permission>
  readonly place: Place
  readonly records: Records
  /** Departments whose rows `records: 'department'` opens: the person's own and all below; alike in all his grants. */
  readonly departmentIds: readonly string[]
}

/** Where a row lies and whose it is; what is left out, its table does not know. */
export interface RowPlace {
  readonly projectId: string
  readonly buildingId?: string | null
  readonly departmentId?: string | null
  /** Who made it, who it is assigned to. */
  readonly ownerIds?: readonly (string | null)[]
}

/** Whether the whole project lies in the place. */
export function coversProject(place: Place, projectId: string): boolean {
  return place.all || place.projectIds.includes(projectId)
}

/** Whether some of the project does: all of it, or a building. */
export function touchesProject(place: Place, projectId: string): boolean {
  return (
    coversProject(place, projectId) ||
    (!place.all && place.buildings.some((one) => one.projectId === projectId))
  )
}

/** Whether a row lies in the place: with its project, or with its building. */
export function holdsRow(place: Place, row: Pick<RowPlace, 'projectId' | 'buildingId'>): boolean {
  if (coversProject(place, row.projectId)) return true
  return (
    !place.all &&
    typeof row.buildingId === 'string' &&
    place.buildings.some(({ id }) => id === row.buildingId)
  )
}

/** Whether a grant opens a row to this person. Rows of tables without department and owner are nobody's own. */
export function opensRow(grant: Grant, userId: string, row: RowPlace): boolean {
  if (!holdsRow(grant.place, row)) return false
  if (grant.records === 'all') return true
  if (row.departmentId === undefined && row.ownerIds === undefined) return true
  if (row.ownerIds?.includes(userId)) return true
  return (
    grant.records === 'department' &&
    typeof row.departmentId === 'string' &&
    grant.departmentIds.includes(row.departmentId)
  )
}

/** The part of a place that lies in one project; null when nothing does. */
export function placeWithin(
  place: Place,
  projectId: string,
): { whole: boolean; buildingIds: string[] } | null {
  if (coversProject(place, projectId)) return { whole: true, buildingIds: [] }
  if (place.all) return null
  const buildingIds = place.buildings.filter((one) => one.projectId === projectId).map(({ id }) => id)
  return buildingIds.length > 0 ? { whole: false, buildingIds } : null
}

/** All that lies in one of the places. */
export function unionOfPlaces(places: readonly Place[]): Place {
  const projectIds = new Set<string>()
  const buildings = new Map<string, BuildingRef>()
  for (const place of places) {
    if (place.all) return place
    for (const id of place.projectIds) projectIds.add(id)
    for (const building of place.buildings) buildings.set(building.id, building)
  }
  return { all: false, projectIds: [...projectIds], buildings: [...buildings.values()] }
}

/** Whether all of one place lies in another. */
export function coversPlace(outer: Place, inner: Place): boolean {
  if (outer.all) return true
  if (inner.all) return false
  return (
    inner.projectIds.every((id) => coversProject(outer, id)) &&
    inner.buildings.every(({ id, projectId }) => holdsRow(outer, { projectId, buildingId: id }))
  )
}

/** Who may see which row, said once more, from nothing but the grants and where a row was put. */
import type { CurrentUser } from '../../hub/src/platform/auth/user.ts'
import type { SeededRow } from './estate.ts'

/** Configuration of a project: readable with any part of it. */
const ANY_PART = new Set(['project', 'zone', 'charge_item', 'tariff', 'tariff_version'])

/** @param permission what the route asks for; null: any grant counts */
export function maySee(user: CurrentUser, permission: string | null, row: SeededRow): boolean {
  return user.grants.some(({ permissions, place }) => {
    // Projects are known by name to whoever does anything in them
    if (permission !== null && row.table !== 'project' && !permissions.has(permission)) return false
    if (place.all || place.projectIds.includes(row.projectId)) return true
    const inBuildings = place.buildings.filter(({ projectId }) => projectId === row.projectId)
    if (ANY_PART.has(row.table)) return inBuildings.length > 0
    return inBuildings.some(({ id }) => id === row.buildingId)
  })
}

import { ADMINISTRATOR } from './builtin-roles.ts'
import type { BuildingRef, Grant, Records } from './grant.ts'
import { allPermissions } from './permissions.ts'

/** A role assignment as the database gives it. */
export interface GrantRow {
  /** Code of the role. */
  readonly role: string
  readonly permissions: readonly string[]
  readonly allProjects: boolean
  readonly projectIds: readonly string[]
  readonly buildings: readonly BuildingRef[]
  readonly records: Records
}

/** The administrator has every permission there is, so that a new version does not lock anybody out of its parts. */
export function grantOf(row: GrantRow, departmentIds: readonly string[]): Grant {
  const { allProjects, projectIds, buildings, records } = row
  return {
    permissions: new Set(row.role === ADMINISTRATOR ? allPermissions() : row.permissions),
    place: allProjects ? { all: true } : { all: false, projectIds, buildings },
    records,
    departmentIds,
  }
}

/** Whether the rights are those of an administrator of everything. */
export function isAdministratorOfAll(rows: readonly GrantRow[]): boolean {
  return rows.some(
    ({ role, allProjects, records }) => role === ADMINISTRATOR && allProjects && records === 'all',
  )
}

/**
 * Who may give what to whom: nobody more than he has himself. Pure rules over grants; the modules that manage accounts
 * and roles ask here.
 */
import type { Permission } from '@courtyard/protocols/contract'
import { ADMINISTRATOR } from './builtin-roles.ts'
import { coversPlace, unionOfPlaces, type Grant, type Place, type Records } from './grant.ts'
import { allPermissions } from './permissions.ts'

/** Rights that a person gets or has by one assignment of a role. */
export interface GivenRights {
  readonly roleCode: string
  readonly permissions: readonly Permission[]
  readonly place: Place
  readonly records: Records
}

/** The permissions that a role gives, those of the administrator included. */
export function permissionsOfRole(role: {
  code: string
  permissions: readonly Permission[]
}): readonly Permission[] {
  return role.code === ADMINISTRATOR ? allPermissions() : role.permissions
}

/**
 * Permissions that the giver lacks in some part of the place, or over those records. `by` is the permission that lets
 * him give at all (`users.manage`); he needs it there too.
 * @param departmentId of the person who is given the rights: what `department` and `own` records are about
 */
export function lacking(
  giver: readonly Grant[],
  given: GivenRights,
  departmentId: string | null,
  by: Permission,
): Permission[] {
  return [by, ...given.permissions].filter((permission) => {
    const fitting = giver.filter(
      (grant) => grant.permissions.has(permission) && coversRecords(grant, given.records, departmentId),
    )
    return !coversPlace(unionOfPlaces(fitting.map(({ place }) => place)), given.place)
  })
}

/** Rows of a department lie with those who see that department; rows of a person too. */
function coversRecords(grant: Grant, records: Records, departmentId: string | null): boolean {
  if (grant.records === 'all') return true
  if (grant.records === 'own' || records === 'all') return false
  return departmentId !== null && grant.departmentIds.includes(departmentId)
}

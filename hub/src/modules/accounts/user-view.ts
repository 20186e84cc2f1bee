import type { Assignment, User } from '@courtyard/protocols/contract'
import { ADMINISTRATOR } from '../../platform/auth/builtin-roles.ts'
import type { BuildingRef, Place, Records } from '../../platform/auth/grant.ts'
import { lacking, permissionsOfRole, type GivenRights } from '../../platform/auth/granting.ts'
import { roleRef } from '../../platform/auth/role-label.ts'
import { hasPermission, type CurrentUser } from '../../platform/auth/user.ts'
import type { UserRow } from './accounts.repository.ts'

/** Buildings by id: accounts name them by their ids only. */
export type Buildings = ReadonlyMap<string, BuildingRef>

export function placeOf(
  row: { allProjects: boolean; projectIds: readonly string[]; buildingIds: readonly string[] },
  buildings: Buildings,
): Place {
  if (row.allProjects) return { all: true }
  const known = row.buildingIds.flatMap((id) => buildings.get(id) ?? [])
  return { all: false, projectIds: row.projectIds, buildings: known }
}

/** What the account may do, role by role; roles whose time is over included, for they can be prolonged. */
export function rightsOf(row: UserRow, buildings: Buildings): GivenRights[] {
  return row.assignments.map((one) => ({
    roleCode: one.role.code,
    permissions: permissionsOfRole(one.role),
    place: placeOf(one, buildings),
    records: one.records as Records,
  }))
}

/** Whether the person has all that the account has, where the account has it. */
export function isWithin(actor: CurrentUser, row: UserRow, buildings: Buildings): boolean {
  return rightsOf(row, buildings).every(
    (rights) => lacking(actor.grants, rights, row.departmentId, 'users.manage').length === 0,
  )
}

/** Never an administrator, never oneself, nobody who has more. */
export function mayActAs(actor: CurrentUser, row: UserRow, buildings: Buildings): boolean {
  if (row.id === actor.id || row.disabledAt || !hasPermission(actor, 'users.actAs')) return false
  return rightsOf(row, buildings).every(
    (rights) =>
      rights.roleCode !== ADMINISTRATOR &&
      !rights.permissions.includes('users.actAs') &&
      lacking(actor.grants, rights, row.departmentId, 'users.actAs').length === 0,
  )
}

export function userOf(row: UserRow, actor: CurrentUser, buildings: Buildings): User {
  return {
    id: row.id,
    username: row.username,
    displayName: row.displayName,
    department: row.department,
    post: row.post,
    phone: row.phone,
    email: row.email,
    assignments: row.assignments.map((one) => assignmentOf(one, buildings)),
    disabled: row.disabledAt !== null,
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
    mayChange: isWithin(actor, row, buildings),
    mayActAs: mayActAs(actor, row, buildings),
  }
}

function assignmentOf(row: UserRow['assignments'][number], buildings: Buildings): Assignment {
  const place = placeOf(row, buildings)
  return {
    id: row.id,
    role: roleRef(row.role),
    place: place.all
      ? place
      : {
          all: false,
          projectIds: [...place.projectIds],
          buildings: place.buildings.map((one) => ({ ...one })),
        },
    records: row.records as Records,
    until: row.until?.toISOString() ?? null,
  }
}

/** Roles that somebody is given: checked against what is there, and against what the giver has. */
import type * as z from 'zod'
import type { AssignmentInput } from '@courtyard/protocols/contract'
import { lacking, permissionsOfRole } from '../../platform/auth/granting.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import type { PrismaTransaction } from '../../platform/database/database.ts'
import { invalidInput } from '../../platform/errors.ts'
import { userRepository, type AssignmentData } from './accounts.repository.ts'
import type { AccountReason } from './reasons.ts'
import { placeOf, type Buildings } from './user-view.ts'

/** As the schema gives it, defaults filled in. */
export type WantedAssignment = z.output<typeof AssignmentInput>

/**
 * @param departmentId of the person who is given the roles
 * @throws AppError `input.invalid` for what does not exist, or goes beyond what the giver has
 */
export async function checkAssignments(
  tx: PrismaTransaction,
  giver: CurrentUser,
  wanted: readonly WantedAssignment[],
  departmentId: string | null,
  now: Date,
): Promise<AssignmentData[]> {
  const found = await userRepository.roles(
    tx,
    wanted.map(({ role }) => role),
  )
  const roles = new Map(found.map((role) => [role.code, role]))
  const data = wanted.map((one) => dataOf(one, roles.get(one.role)?.id))
  const known = {
    projects: new Set(
      (
        await userRepository.projects(
          tx,
          data.flatMap((one) => one.projectIds),
        )
      ).map(({ id }) => id),
    ),
    buildings: await loadBuildings(tx, data),
  }
  const faults = wanted.flatMap((one, index) =>
    faultsOf(giver, roles.get(one.role) ?? null, data[index]!, departmentId, known, now).map(
      ([field, reason]) => ({ path: `assignments.${index}.${field}`, reason }),
    ),
  )
  if (faults.length > 0) throw invalidInput('The input is not valid', faults)
  return data
}

type Fault = readonly [field: string, reason: AccountReason]

function faultsOf(
  giver: CurrentUser,
  role: { code: string; permissions: readonly string[] } | null,
  one: AssignmentData,
  departmentId: string | null,
  known: { projects: ReadonlySet<string>; buildings: Buildings },
  now: Date,
): Fault[] {
  const faults: Fault[] = []
  if (!role) faults.push(['role', { code: 'user.unknown_role' }])
  if (!one.allProjects && one.projectIds.length + one.buildingIds.length === 0) {
    faults.push(['place', { code: 'user.empty_place' }])
  }
  if (one.projectIds.some((id) => !known.projects.has(id))) {
    faults.push(['place', { code: 'user.unknown_project' }])
  }
  if (one.buildingIds.some((id) => !known.buildings.has(id))) {
    faults.push(['place', { code: 'user.unknown_building' }])
  }
  if (one.until && one.until <= now) faults.push(['until', { code: 'user.until_past' }])
  const missing = role ? missingOf(giver, role, one, departmentId, known.buildings) : []
  if (missing.length > 0) {
    const permissions = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ' …' : '')
    faults.push(['place', { code: 'user.foreign_place', permissions }])
  }
  return faults
}

function missingOf(
  giver: CurrentUser,
  role: { code: string; permissions: readonly string[] },
  one: AssignmentData,
  departmentId: string | null,
  buildings: Buildings,
): string[] {
  const rights = {
    roleCode: role.code,
    permissions: permissionsOfRole(role),
    place: placeOf(one, buildings),
    records: one.records,
  }
  return lacking(giver.grants, rights, departmentId, 'users.manage')
}

/** Every building that the rows name. */
export async function loadBuildings(
  client: Parameters<typeof userRepository.buildings>[0],
  rows: readonly { readonly buildingIds: readonly string[] }[],
): Promise<Buildings> {
  const ids = [...new Set(rows.flatMap(({ buildingIds }) => buildingIds))]
  if (ids.length === 0) return new Map()
  return new Map((await userRepository.buildings(client, ids)).map((building) => [building.id, building]))
}

/** Without a role it is refused. */
function dataOf({ place, records, until }: WantedAssignment, roleId = ''): AssignmentData {
  return {
    roleId,
    allProjects: place.all,
    projectIds: place.all ? [] : [...new Set(place.projectIds)],
    buildingIds: place.all ? [] : [...new Set(place.buildingIds)],
    records,
    until: until === null ? null : new Date(until),
  }
}

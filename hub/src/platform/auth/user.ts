import type { Permission } from '@courtyard/protocols/contract'
import { fail, platformErrors } from '../errors.ts'
import { coversProject, opensRow, touchesProject, type Grant, type RowPlace } from './grant.ts'

/** The person behind a request. */
export interface CurrentUser {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly departmentId: string | null
  readonly grants: readonly Grant[]
  /** The API key that speaks for the person; the grants are the key's then. */
  readonly keyId?: string
}

/** What is needed to narrow rows down to what a person may see. */
export type Viewer = Pick<CurrentUser, 'id' | 'grants'>

/** Whether the person may do that anywhere; where and with which rows is asked where data is read. */
export function hasPermission(user: Pick<CurrentUser, 'grants'>, permission: Permission): boolean {
  return user.grants.some(({ permissions }) => permissions.has(permission))
}

/** Grants that give the permission; without one all of them. */
export function grantsOf(user: Pick<CurrentUser, 'grants'>, permission?: Permission): readonly Grant[] {
  return permission === undefined
    ? user.grants
    : user.grants.filter(({ permissions }) => permissions.has(permission))
}

/** All that the person may do somewhere. */
export function permissionsOf(user: Pick<CurrentUser, 'grants'>): Permission[] {
  return [...new Set(user.grants.flatMap(({ permissions }) => [...permissions]))].sort()
}

/** Whether the person may do that in all projects, also those to come. */
export function hasEverywhere(user: Pick<CurrentUser, 'grants'>, permission: Permission): boolean {
  return grantsOf(user, permission).some(({ place, records }) => place.all && records === 'all')
}

/** Whether the person may do that in some part of the project; without a permission: anything at all. */
export function inScope(
  user: Pick<CurrentUser, 'grants'>,
  projectId: string,
  permission?: Permission,
): boolean {
  return grantsOf(user, permission).some(({ place }) => touchesProject(place, projectId))
}

/** Whether the person may do that in the whole project. */
export function inWholeProject(
  user: Pick<CurrentUser, 'grants'>,
  projectId: string,
  permission: Permission,
): boolean {
  return grantsOf(user, permission).some(({ place }) => coversProject(place, projectId))
}

/** Whether the permission opens this row to the person. */
export function opens(user: Viewer, permission: Permission, row: RowPlace): boolean {
  return grantsOf(user, permission).some((grant) => opensRow(grant, user.id, row))
}

/**
 * Any part of the project will do: rows are narrowed to it where they are read. Does not look whether the project
 * exists: the estate module's `findProject` does both.
 * @throws AppError `project.not_found` (404) outside the scope, so that existence isn't leaked
 */
export function requireProject(
  user: Pick<CurrentUser, 'grants'>,
  projectId: string,
  permission?: Permission,
): void {
  if (!inScope(user, projectId, permission)) throw projectNotFound(projectId)
}

/**
 * For what belongs to a project as a whole: its gateways, tariffs, bill runs, imports.
 * @throws AppError `project.not_found` (404) outside the scope, `auth.part_of_project` (403) with a part of it
 */
export function requireWholeProject(
  user: Pick<CurrentUser, 'grants'>,
  projectId: string,
  permission: Permission,
): void {
  requireProject(user, projectId, permission)
  if (inWholeProject(user, projectId, permission)) return
  throw fail(platformErrors.partOfProject, 'This concerns the whole project, you keep a part of it', {
    projectId,
    permission,
  })
}

export function projectNotFound(projectId: string) {
  return fail(platformErrors.projectNotFound, 'There is no such project', { projectId })
}

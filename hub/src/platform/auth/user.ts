import type { Permission, Role } from '@courtyard/protocols/contract'
import { fail, platformErrors } from '../errors.ts'
import { permissionsOfRole } from './permissions.ts'

export interface Scope {
  /** All projects; `projectIds` is empty then. */
  readonly all: boolean
  readonly projectIds: readonly string[]
}

/** The person behind a request. */
export interface CurrentUser {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly role: Role
  readonly scope: Scope
}

export function hasPermission(user: Pick<CurrentUser, 'role'>, permission: Permission): boolean {
  return permissionsOfRole[user.role].includes(permission)
}

export function inScope(user: Pick<CurrentUser, 'scope'>, projectId: string): boolean {
  return user.scope.all || user.scope.projectIds.includes(projectId)
}

/**
 * Does not look whether the project exists: the estate module's `findProject` does both.
 * @throws AppError `project.not_found` (404) outside the scope, so that existence isn't leaked
 */
export function requireProject(user: Pick<CurrentUser, 'scope'>, projectId: string): void {
  if (!inScope(user, projectId)) throw projectNotFound(projectId)
}

export function projectNotFound(projectId: string) {
  return fail(platformErrors.projectNotFound, 'There is no such project', { projectId })
}

/**
 * Condition for SQL: `true`, or `column = any($n)` with the project ids appended to `params`.
 * `column` is written as it is: never from input.
 */
export function scopeSql(user: Pick<CurrentUser, 'scope'>, column: string, params: unknown[]): string {
  if (user.scope.all) return 'true'
  params.push(user.scope.projectIds)
  return `${column} = any($${params.length}::uuid[])`
}

/** The one place where the kit asks what a person may see and change. */
import { scopeSql } from '../auth/scope-sql.ts'
import { SEE_SENSITIVE } from '../auth/sensitive.ts'
import { hasEverywhere, hasPermission, inWholeProject, type Viewer } from '../auth/user.ts'
import type { Resource } from './resource.ts'

/** Condition over `r` for the records that the permission opens to the person; values go into `params`. */
export function visible(user: Viewer, resource: Resource, permission: string, params: unknown[]): string {
  if (resource.visible) return resource.visible(user, permission, params)
  const { project, ...rest } = resource.scope
  // What lies in no project is open to whoever has the permission at all
  if (project === undefined) return hasPermission(user, permission) ? 'true' : 'false'
  return scopeSql(user, permission, { project, ...rest }, params)
}

/** Condition for the records whose phone and identity numbers the person sees whole. */
export function sensitiveVisible(user: Viewer, resource: Resource, params: unknown[]): string {
  return visible(user, resource, SEE_SENSITIVE, params)
}

/** Imports and the like concern the whole project, or the whole hub. */
export function mayInWhole(user: Viewer, permission: string, projectId: string | null): boolean {
  return projectId === null ? hasEverywhere(user, permission) : inWholeProject(user, projectId, permission)
}

import { hasEverywhere, requireWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'

export const MANAGE = 'printTemplates.manage'

/**
 * What is of all projects may be changed by who keeps all of them.
 * @throws AppError `project.not_found`, `auth.part_of_project`, `auth.forbidden`
 */
export function requirePlace(user: CurrentUser, projectId: string | null): void {
  if (projectId !== null) return requireWholeProject(user, projectId, MANAGE)
  if (hasEverywhere(user, MANAGE)) return
  throw fail(platformErrors.forbidden, 'This is of all projects: only who keeps all may change it', {
    permission: MANAGE,
  })
}

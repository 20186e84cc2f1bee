/** What of the estate a person may read or change. */
import type { Permission } from '@courtyard/protocols/contract'
import type { ScopeColumns } from '../../platform/auth/scope-sql.ts'
import { inScope, opens, type Viewer } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'

export const roomScope = (alias: string): ScopeColumns => ({
  project: `${alias}.project_id`,
  building: `${alias}.building_id`,
})

/**
 * @throws AppError `auth.forbidden` for what a person may see and not change, `not_found` for what he may not see
 */
export function requireOpen(
  user: Viewer,
  permission: Permission,
  row: { readonly projectId: string; readonly buildingId: string },
): void {
  if (opens(user, permission, row)) return
  if (inScope(user, row.projectId) && opens(user, 'estate.read', row)) {
    throw fail(platformErrors.forbidden, 'Your role may not do this here', { permission })
  }
  throw fail(platformErrors.notFound, 'There is no such thing')
}

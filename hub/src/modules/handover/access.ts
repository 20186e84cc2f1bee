import type { Permission } from '@courtyard/protocols/contract'
import { inScope, opens, type Viewer } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { Place } from './handover.repository.ts'

/**
 * @throws AppError `not_found` for what is not there or outside the scope, `auth.forbidden` for what may be seen and not
 * done
 */
export function opened<T extends Place>(user: Viewer, row: T | null, permission: Permission): T {
  if (!row || !inScope(user, row.projectId)) throw fail(platformErrors.notFound, 'There is no such thing')
  if (opens(user, permission, row)) return row
  if (!opens(user, 'handover.read', row)) throw fail(platformErrors.notFound, 'There is no such thing')
  throw fail(platformErrors.forbidden, 'Your role may not do this here', { permission })
}

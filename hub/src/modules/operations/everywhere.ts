import type { Permission } from '@courtyard/protocols/contract'
import { hasEverywhere, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'

/** What concerns the whole installation is for who keeps all of it. @throws AppError `auth.forbidden` */
export function requireEverywhere(user: Pick<CurrentUser, 'grants'>, permission: Permission): void {
  if (hasEverywhere(user, permission)) return
  throw fail(platformErrors.forbidden, 'This concerns all projects', { permission })
}

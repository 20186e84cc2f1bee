import type { Permission } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { hasEverywhere, type CurrentUser } from '../../platform/auth/user.ts'
import { onlyEverywhere } from './errors.ts'

export interface Actor {
  readonly user: CurrentUser
  readonly audit: Audit
}

/** Departments and roles belong to no project. @throws AppError `auth.forbidden` */
export function requireEverywhere({ user }: Pick<Actor, 'user'>, permission: Permission): void {
  if (!hasEverywhere(user, permission)) throw onlyEverywhere()
}

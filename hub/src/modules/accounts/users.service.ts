import type { Role, User } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { hashPassword } from '../../platform/auth/password.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import type { Sessions } from '../../platform/auth/sessions.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import { sortOf, type Page } from '../../platform/http/paging.ts'
import type { Hub } from '../../platform/module.ts'
import { isUniqueViolation, userRepository, type UserRow, type UserSort } from './accounts.repository.ts'
import { covers, type ProjectIds } from './domain/user-scope.ts'
import { accountErrors } from './errors.ts'

const userSorts: readonly UserSort[] = ['username', 'displayName', 'role', 'createdAt', 'lastSignInAt']

/** Accounts that see nothing beyond the projects of the person who asks. */
export async function listUsers(
  hub: Hub,
  user: CurrentUser,
  query: Page & { q?: string | undefined; sort?: string | undefined },
) {
  const sort = sortOf(query.sort, userSorts, { field: 'username', direction: 'asc' })
  const { rows, total } = await userRepository.list(hub.db.prisma, projectsOf(user), { ...query, sort })
  return { items: rows.map(userOf), total, page: query.page, pageSize: query.pageSize }
}

export interface NewUserInput {
  readonly username: string
  readonly displayName: string
  readonly role: Role
  readonly projectIds: readonly string[] | null
  readonly password: string
}

/** @throws AppError `user.username_taken`; `input.invalid` for projects that are unknown or not one's own */
export async function createUser(
  hub: Hub,
  actor: CurrentUser,
  input: NewUserInput,
  audit: Audit,
): Promise<User> {
  await requireProjects(hub, actor, input.projectIds)
  const { password, ...rest } = input
  const passwordHash = await hashPassword(password)
  try {
    return await hub.db.prismaTransaction(async (tx) => {
      const user = userOf(await userRepository.insert(tx, { ...rest, passwordHash }))
      await audit(tx, { action: 'user.create', entity: 'user', entityId: user.id, after: user })
      return user
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw fail(
      accountErrors.usernameTaken,
      `The username ${input.username} is taken`,
      { username: input.username },
      error,
    )
  }
}

export interface UserPatch {
  readonly displayName?: string | undefined
  readonly role?: Role | undefined
  readonly projectIds?: readonly string[] | null | undefined
  readonly disabled?: boolean | undefined
  readonly password?: string | undefined
}

/**
 * Disabling and a new password end all sessions of the user at once.
 * @throws AppError `user.not_found` (also for those who see more projects), `user.last_administrator`
 */
export async function changeUser(
  hub: Hub,
  actor: CurrentUser,
  sessions: Sessions,
  id: string,
  patch: UserPatch,
  audit: Audit,
): Promise<User> {
  if (patch.projectIds !== undefined) await requireProjects(hub, actor, patch.projectIds)
  const passwordHash = patch.password === undefined ? undefined : await hashPassword(patch.password)
  return hub.db.prismaTransaction(async (tx) => {
    await userRepository.lockAdministrators(tx)
    const before = await userRepository.get(tx, id)
    if (!before || !covers(projectsOf(actor), userOf(before).projectIds)) {
      throw fail(accountErrors.userNotFound, 'There is no such user')
    }
    const { displayName, role, projectIds } = patch
    const disabledAt = disabledSince(before.disabledAt, patch.disabled, hub.clock.now())
    const after = await userRepository.update(tx, id, {
      displayName,
      role,
      projectIds,
      disabledAt,
      passwordHash,
    })
    if (
      isAdministrator(before) &&
      !isAdministrator(after) &&
      (await userRepository.countAdministrators(tx)) === 0
    ) {
      throw fail(accountErrors.lastAdministrator, 'The last administrator must stay one')
    }
    if (after.disabledAt || passwordHash) await sessions.endOfUser(tx, id)
    await audit(tx, {
      action: 'user.change',
      entity: 'user',
      entityId: id,
      before: userOf(before),
      after: { ...userOf(after), passwordChanged: passwordHash !== undefined },
    })
    return userOf(after)
  })
}

function disabledSince(current: Date | null, wanted: boolean | undefined, now: Date): Date | null {
  if (wanted === undefined) return current
  return wanted ? (current ?? now) : null
}

function isAdministrator(user: UserRow): boolean {
  return user.role === 'administrator' && user.disabledAt === null
}

const projectsOf = ({ scope }: CurrentUser): ProjectIds => (scope.all ? null : scope.projectIds)

async function requireProjects(hub: Hub, actor: CurrentUser, projectIds: ProjectIds): Promise<void> {
  if (!covers(projectsOf(actor), projectIds)) {
    throw invalidInput('The input is not valid', [
      { path: 'projectIds', reason: { code: 'user.foreign_projects' } },
    ])
  }
  if (projectIds === null) return
  const wanted = new Set(projectIds)
  if ((await userRepository.countProjects(hub.db.prisma, [...wanted])) === wanted.size) return
  throw invalidInput('The input is not valid', [
    { path: 'projectIds', reason: { code: 'user.unknown_project' } },
  ])
}

function userOf(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    displayName: row.displayName,
    role: row.role,
    projectIds: row.allProjects ? null : row.projectIds,
    disabled: row.disabledAt !== null,
    createdAt: row.createdAt.toISOString(),
    lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
  }
}

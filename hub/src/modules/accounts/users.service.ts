import type { User } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { ADMINISTRATOR } from '../../platform/auth/builtin-roles.ts'
import { hashPassword } from '../../platform/auth/password.ts'
import type { Sessions } from '../../platform/auth/sessions.ts'
import { grantsOf, type CurrentUser } from '../../platform/auth/user.ts'
import type { PrismaTransaction } from '../../platform/database/database.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import { sortOf, type Page } from '../../platform/http/paging.ts'
import type { Hub } from '../../platform/module.ts'
import { isUniqueViolation, userRepository, type UserRow } from './accounts.repository.ts'
import { checkAssignments, loadBuildings, type WantedAssignment } from './assignments.ts'
import { accountErrors } from './errors.ts'
import type { AccountReason } from './reasons.ts'
import { listUserIds, seesUser, userSorts, type UserQuery } from './user-list.repository.ts'
import { isWithin, userOf } from './user-view.ts'

/** Accounts that have nothing beyond what the person who asks keeps. */
export async function listUsers(
  hub: Hub,
  user: CurrentUser,
  query: Omit<UserQuery, 'sort'> & Page & { sort?: string | undefined },
) {
  const sort = sortOf(query.sort, userSorts, { field: 'username', direction: 'asc' })
  const { ids, total } = await listUserIds(hub.db.pool, user, { ...query, sort })
  const rows = new Map((await userRepository.byIds(hub.db.prisma, ids)).map((row) => [row.id, row]))
  const items = await present(
    hub,
    user,
    ids.flatMap((id) => rows.get(id) ?? []),
  )
  return { items, total, page: query.page, pageSize: query.pageSize }
}

/** @throws AppError `user.not_found`, also for those who have more */
export async function getUser(hub: Hub, actor: CurrentUser, id: string): Promise<User> {
  const [user] = await present(hub, actor, [await visibleUser(hub, actor, hub.db.prisma, id)])
  return user!
}

async function present(hub: Hub, actor: CurrentUser, rows: readonly UserRow[]): Promise<User[]> {
  const buildings = await loadBuildings(
    hub.db.prisma,
    rows.flatMap(({ assignments }) => assignments),
  )
  return rows.map((row) => userOf(row, actor, buildings))
}

async function visibleUser(
  hub: Hub,
  actor: CurrentUser,
  client: PrismaTransaction,
  id: string,
): Promise<UserRow> {
  const row = (await seesUser(hub.db.pool, actor, id)) ? await userRepository.get(client, id) : null
  if (!row) throw fail(accountErrors.userNotFound, 'There is no such user')
  return row
}

export interface NewUserInput {
  readonly username: string
  readonly displayName: string
  readonly departmentId: string | null
  readonly postId: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly assignments: readonly WantedAssignment[]
  readonly password: string
}

/** @throws AppError `user.username_taken`; `input.invalid` for what is unknown or goes beyond one's own rights */
export async function createUser(
  hub: Hub,
  actor: CurrentUser,
  input: NewUserInput,
  audit: Audit,
): Promise<User> {
  const { password, ...rest } = input
  const passwordHash = await hashPassword(password)
  try {
    return await hub.db.prismaTransaction(async (tx) => {
      await requireDepartment(tx, actor, input)
      const now = hub.clock.now()
      const assignments = await checkAssignments(tx, actor, input.assignments, input.departmentId, now)
      const row = await userRepository.insert(tx, { ...rest, assignments, passwordHash })
      const after = auditedUser(row)
      await audit(tx, { action: 'user.create', entity: 'user', entityId: row.id, after })
      return userOf(row, actor, await loadBuildings(tx, row.assignments))
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

export type UserPatch = {
  readonly [F in keyof Omit<NewUserInput, 'username'>]?: NewUserInput[F] | undefined
} & {
  /** The one that the editor saw. */
  readonly version: number
  readonly disabled?: boolean | undefined
}

/**
 * Disabling and a new password end all sessions of the user at once.
 * @throws AppError `user.not_found` (also for those who keep more), `user.above_you`, `user.changed`,
 *   `user.last_administrator`, `input.invalid`
 */
export async function changeUser(
  hub: Hub,
  actor: CurrentUser,
  sessions: Sessions,
  id: string,
  patch: UserPatch,
  audit: Audit,
): Promise<User> {
  const passwordHash = patch.password === undefined ? undefined : await hashPassword(patch.password)
  return hub.db.prismaTransaction(async (tx) => {
    await userRepository.lockAdministrators(tx)
    await userRepository.lock(tx, id)
    const before = await visibleUser(hub, actor, tx, id)
    await requireBelow(tx, actor, before)
    if (before.version !== patch.version) {
      throw fail(accountErrors.userChanged, 'Somebody has changed this user meanwhile', {
        version: before.version,
      })
    }
    const after = await saveChange(hub, tx, actor, before, patch, passwordHash)
    if (
      isAdministrator(before) &&
      !isAdministrator(after) &&
      (await userRepository.countAdministrators(tx)) === 0
    ) {
      throw fail(accountErrors.lastAdministrator, 'The last administrator must stay one')
    }
    if (after.disabledAt || passwordHash) await sessions.endOfUser(tx, id)
    else if (patch.assignments) await sessions.endActingOf(tx, id)
    await audit(tx, {
      action: 'user.change',
      entity: 'user',
      entityId: id,
      before: auditedUser(before),
      after: { ...auditedUser(after), passwordChanged: passwordHash !== undefined },
    })
    return userOf(after, actor, await loadBuildings(tx, after.assignments))
  })
}

async function saveChange(
  hub: Hub,
  tx: PrismaTransaction,
  actor: CurrentUser,
  before: UserRow,
  patch: UserPatch,
  passwordHash: string | undefined,
): Promise<UserRow> {
  const { displayName, phone, email, assignments } = patch
  const departmentId = patch.departmentId === undefined ? before.departmentId : patch.departmentId
  // A post belongs to its department: it does not go along to another one
  const kept = departmentId === before.departmentId ? before.postId : null
  const postId = patch.postId === undefined ? kept : patch.postId
  const moved = departmentId !== before.departmentId
  if (moved || postId !== before.postId) await requireDepartment(tx, actor, { departmentId, postId })
  const now = hub.clock.now()
  const checked = assignments && (await checkAssignments(tx, actor, assignments, departmentId, now))
  const after = await userRepository.update(tx, before.id, {
    displayName,
    phone,
    email,
    departmentId,
    postId,
    passwordHash,
    disabledAt: disabledSince(before.disabledAt, patch.disabled, now),
    assignments: checked,
  })
  // With another department `department` records are about other rows
  if (moved) await requireBelow(tx, actor, after)
  return after
}

/** Who changes an account could sign in by it: he has to have all that it has. */
async function requireBelow(tx: PrismaTransaction, actor: CurrentUser, row: UserRow): Promise<void> {
  if (isWithin(actor, row, await loadBuildings(tx, row.assignments))) return
  throw fail(accountErrors.userAbove, 'This account may do more than you; you can not change it')
}

async function requireDepartment(
  tx: PrismaTransaction,
  actor: CurrentUser,
  { departmentId, postId }: { departmentId: string | null; postId: string | null },
): Promise<void> {
  const refuse = (path: string, reason: AccountReason) =>
    invalidInput('The input is not valid', [{ path, reason }])
  if (departmentId !== null && !(await userRepository.department(tx, departmentId))) {
    throw refuse('departmentId', { code: 'user.unknown_department' })
  }
  const managing = grantsOf(actor, 'users.manage')
  const mayPlace = managing.some(
    ({ records, departmentIds }) =>
      records === 'all' ||
      (departmentId !== null && records === 'department' && departmentIds.includes(departmentId)),
  )
  if (!mayPlace) throw refuse('departmentId', { code: 'user.foreign_department' })
  if (postId === null) return
  const post = await userRepository.post(tx, postId)
  if (!post || post.departmentId !== departmentId) throw refuse('postId', { code: 'user.unknown_post' })
}

function disabledSince(current: Date | null, wanted: boolean | undefined, now: Date): Date | null {
  if (wanted === undefined) return current
  return wanted ? (current ?? now) : null
}

/** Of everything, with no end to it: the last of them must stay. */
function isAdministrator(user: UserRow): boolean {
  return (
    user.disabledAt === null &&
    user.assignments.some(
      ({ role, allProjects, records, until }) =>
        role.code === ADMINISTRATOR && allProjects && records === 'all' && until === null,
    )
  )
}

function auditedUser(row: UserRow) {
  const { username, displayName, phone, email } = row
  return {
    username,
    displayName,
    phone,
    email,
    department: row.department?.name ?? null,
    post: row.post?.name ?? null,
    disabled: row.disabledAt !== null,
    roles: row.assignments.map(({ role, allProjects, projectIds, buildingIds, records, until }) => ({
      role: role.name ?? role.code,
      place: allProjects ? 'all' : { projectIds, buildingIds },
      records,
      until,
    })),
  }
}

import { Prisma, type PrismaClient } from '../../generated/prisma/client.ts'
import type { Role } from '@courtyard/protocols/contract'
import { readable } from '../../platform/auth/ability.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import type { PrismaTransaction } from '../../platform/database/database.ts'
import { pageWindow, type Page, type Sort } from '../../platform/http/paging.ts'

type Client = PrismaClient | PrismaTransaction

export interface NewUser {
  readonly username: string
  readonly displayName: string
  readonly role: Role
  /** Null: all projects. */
  readonly projectIds: readonly string[] | null
  readonly passwordHash: string
}

export type UserRow = Awaited<ReturnType<typeof userRepository.get>> & object

export interface UserChange {
  readonly displayName?: string | undefined
  readonly role?: Role | undefined
  readonly projectIds?: readonly string[] | null | undefined
  readonly disabledAt?: Date | null | undefined
  readonly passwordHash?: string | undefined
}

const scopeColumns = (projectIds: readonly string[] | null) => ({
  allProjects: projectIds === null,
  projectIds: [...(projectIds ?? [])],
})

export const userRepository = {
  get: (client: Client, id: string) => client.user.findUnique({ where: { id } }),

  byUsername: (client: Client, username: string) => client.user.findUnique({ where: { username } }),

  insert: (client: Client, { projectIds, ...user }: NewUser) =>
    client.user.create({ data: { ...user, ...scopeColumns(projectIds) } }),

  update: (client: Client, id: string, { projectIds, ...change }: UserChange) => {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    return client.user.update({
      where: { id },
      data: { ...given, ...(projectIds === undefined ? {} : scopeColumns(projectIds)) },
    })
  },

  /** @param within only those who see none but these projects; null: everybody */
  async list(
    client: Client,
    within: readonly string[] | null,
    query: Page & { q?: string | undefined; sort: Sort<UserSort> },
  ) {
    const text = { contains: (query.q ?? '').replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
    const where: Prisma.UserWhereInput = {
      AND: [
        query.q ? { OR: [{ username: text }, { displayName: text }] } : {},
        within ? await usersWithin(client, within) : {},
      ],
    }
    const [rows, total] = await Promise.all([
      client.user.findMany({
        where,
        ...pageWindow(query),
        orderBy: [{ [query.sort.field]: query.sort.direction }, { username: 'asc' }],
      }),
      client.user.count({ where }),
    ])
    return { rows, total }
  },

  countProjects: (client: Client, ids: readonly string[]) =>
    client.project.count({ where: { id: { in: [...ids] } } }),

  /** Serialises whatever decides about administrators until the transaction ends. */
  lockAdministrators: (client: PrismaTransaction) =>
    client.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('accounts/administrators', 0))`,

  countAdministrators: (client: Client, except?: string) =>
    client.user.count({
      where: { role: 'administrator', disabledAt: null, ...(except ? { id: { not: except } } : {}) },
    }),

  /** @returns failures in a row, this one included */
  async countFailure(client: Client, id: string): Promise<number> {
    const row = await client.user.update({
      where: { id },
      data: { failedSignIns: { increment: 1 } },
      select: { failedSignIns: true },
    })
    return row.failedSignIns
  },

  lock: (client: Client, id: string, lockedUntil: Date) =>
    client.user.update({ where: { id }, data: { lockedUntil } }),

  /** @returns false when the account was locked or disabled meanwhile */
  async admit(client: Client, id: string, now: Date): Promise<boolean> {
    const { count } = await client.user.updateMany({
      where: { id, disabledAt: null, OR: [{ lockedUntil: null }, { lockedUntil: { lte: now } }] },
      data: { failedSignIns: 0, lockedUntil: null, lastSignInAt: now },
    })
    return count === 1
  },
}

async function usersWithin(client: Client, projectIds: readonly string[]): Promise<Prisma.UserWhereInput> {
  const others = await client.project.findMany({
    where: { id: { notIn: [...projectIds] } },
    select: { id: true },
  })
  return { allProjects: false, NOT: { projectIds: { hasSome: others.map(({ id }) => id) } } }
}

export type UserSort = 'username' | 'displayName' | 'role' | 'createdAt' | 'lastSignInAt'

export const setupRepository = {
  /** Only the newest link is valid. */
  async replaceToken(
    client: PrismaTransaction,
    tokenHash: Uint8Array<ArrayBuffer>,
    now: Date,
    expiresAt: Date,
  ) {
    await client.setupToken.deleteMany({ where: { usedAt: null } })
    await client.setupToken.create({ data: { tokenHash, createdAt: now, expiresAt } })
  },

  /** @returns whether it was valid; it is not any more */
  async useToken(client: PrismaTransaction, tokenHash: Uint8Array<ArrayBuffer>, now: Date): Promise<boolean> {
    const { count } = await client.setupToken.updateMany({
      where: { tokenHash, usedAt: null, expiresAt: { gt: now } },
      data: { usedAt: now },
    })
    return count === 1
  },
}

export interface AuditQuery extends Page {
  readonly q?: string | undefined
  readonly sort: Sort<'at'>
  readonly actor?: string | undefined
  readonly entity?: string | undefined
  readonly entityId?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export const auditLogRepository = {
  async list(client: Client, user: Pick<CurrentUser, 'role' | 'scope'>, query: AuditQuery) {
    const text = { contains: (query.q ?? '').replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
    const where: Prisma.AuditEntryWhereInput = {
      AND: [
        readable(user, 'AuditEntry'),
        query.q ? { OR: [{ action: text }, { actor: text }, { entityId: text }] } : {},
        query.actor ? { actor: query.actor } : {},
        query.entity ? { entity: query.entity } : {},
        query.entityId ? { entityId: query.entityId } : {},
        query.from ? { at: { gte: query.from } } : {},
        query.to ? { at: { lt: query.to } } : {},
      ],
    }
    const { direction } = query.sort
    const [rows, total] = await Promise.all([
      client.auditEntry.findMany({
        where,
        ...pageWindow(query),
        orderBy: [{ at: direction }, { id: direction }],
      }),
      client.auditEntry.count({ where }),
    ])
    return { rows, total }
  },
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}

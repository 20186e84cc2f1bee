import { Prisma, type PrismaClient } from '../../generated/prisma/client.ts'
import type { Records } from '../../platform/auth/grant.ts'
import type { PrismaTransaction } from '../../platform/database/database.ts'

type Client = PrismaClient | PrismaTransaction

export interface AssignmentData {
  readonly roleId: string
  readonly allProjects: boolean
  readonly projectIds: readonly string[]
  readonly buildingIds: readonly string[]
  readonly records: Records
  readonly until: Date | null
}

export interface NewUser {
  readonly username: string
  readonly displayName: string
  readonly departmentId?: string | null
  readonly postId?: string | null
  readonly phone?: string | null
  readonly email?: string | null
  readonly passwordHash: string
  readonly assignments: readonly AssignmentData[]
}

export interface UserChange {
  readonly displayName?: string | undefined
  readonly departmentId?: string | null | undefined
  readonly postId?: string | null | undefined
  readonly phone?: string | null | undefined
  readonly email?: string | null | undefined
  readonly disabledAt?: Date | null | undefined
  readonly passwordHash?: string | undefined
  readonly assignments?: readonly AssignmentData[] | undefined
}

const withRoles = {
  assignments: {
    orderBy: { id: 'asc' },
    include: { role: { select: { id: true, code: true, name: true, permissions: true } } },
  },
} as const satisfies Prisma.UserInclude

type Named = { readonly id: string; readonly name: string } | null
type Bare = Prisma.UserGetPayload<{ include: typeof withRoles }>
export type UserRow = Bare & { readonly department: Named; readonly post: Named }

/** One after the other: Prisma would ask for all relations at once, and a transaction has one connection. */
async function named(client: Client, rows: readonly Bare[]): Promise<UserRow[]> {
  const departments = await namesOf(
    rows.flatMap(({ departmentId }) => departmentId ?? []),
    (where) => client.department.findMany({ where, select: { id: true, name: true } }),
  )
  const posts = await namesOf(
    rows.flatMap(({ postId }) => postId ?? []),
    (where) => client.post.findMany({ where, select: { id: true, name: true } }),
  )
  return rows.map((row) => ({
    ...row,
    department: departments.get(row.departmentId ?? '') ?? null,
    post: posts.get(row.postId ?? '') ?? null,
  }))
}

async function namesOf(
  ids: readonly string[],
  load: (where: { id: { in: string[] } }) => Promise<{ id: string; name: string }[]>,
): Promise<Map<string, { id: string; name: string }>> {
  if (ids.length === 0) return new Map()
  return new Map((await load({ id: { in: [...new Set(ids)] } })).map((one) => [one.id, one]))
}

const assignmentRows = (assignments: readonly AssignmentData[]) =>
  assignments.map(({ projectIds, buildingIds, ...one }) => ({
    ...one,
    projectIds: [...projectIds],
    buildingIds: [...buildingIds],
  }))

export const userRepository = {
  get: async (client: Client, id: string): Promise<UserRow | null> =>
    (await userRepository.byIds(client, [id]))[0] ?? null,

  byIds: async (client: Client, ids: readonly string[]): Promise<UserRow[]> =>
    named(client, await client.user.findMany({ where: { id: { in: [...ids] } }, include: withRoles })),

  byUsername: (client: Client, username: string) => client.user.findUnique({ where: { username } }),

  async insert(client: Client, { assignments, ...user }: NewUser): Promise<UserRow> {
    const row = await client.user.create({
      data: { ...user, assignments: { createMany: { data: assignmentRows(assignments) } } },
      include: withRoles,
    })
    return (await named(client, [row]))[0]!
  },

  async update(client: Client, id: string, { assignments, ...change }: UserChange): Promise<UserRow> {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    const replaced = assignments && { deleteMany: {}, createMany: { data: assignmentRows(assignments) } }
    const row = await client.user.update({
      where: { id },
      data: { ...given, version: { increment: 1 }, ...(replaced ? { assignments: replaced } : {}) },
      include: withRoles,
    })
    return (await named(client, [row]))[0]!
  },

  /** Nobody else changes it until the transaction ends. */
  lock: (client: PrismaTransaction, id: string) =>
    client.$queryRaw`SELECT 1 FROM app_user WHERE id = ${id}::uuid FOR UPDATE`,

  roles: (client: Client, codes: readonly string[]) =>
    client.role.findMany({ where: { code: { in: [...codes] }, archivedAt: null } }),

  roleByCode: (client: Client, code: string) => client.role.findUniqueOrThrow({ where: { code } }),

  projects: (client: Client, ids: readonly string[]) =>
    client.project.findMany({ where: { id: { in: [...ids] } }, select: { id: true } }),

  buildings: (client: Client, ids: readonly string[]) =>
    client.building.findMany({ where: { id: { in: [...ids] } }, select: { id: true, projectId: true } }),

  department: (client: Client, id: string) =>
    client.department.findUnique({ where: { id, archivedAt: null }, select: { id: true, name: true } }),

  post: (client: Client, id: string) => client.post.findUnique({ where: { id, archivedAt: null } }),

  /** Serialises whatever decides about administrators until the transaction ends. */
  lockAdministrators: (client: PrismaTransaction) =>
    client.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('accounts/administrators', 0))`,

  /** Those who administer everything, with no end to it. */
  countAdministrators: (client: Client) =>
    client.user.count({
      where: {
        disabledAt: null,
        assignments: {
          some: { role: { code: 'administrator' }, allProjects: true, records: 'all', until: null },
        },
      },
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

  lockOut: (client: Client, id: string, lockedUntil: Date) =>
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

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}

import { Prisma, type PrismaClient } from '../../generated/prisma/client.ts'
import type { PrismaTransaction } from '../../platform/database/database.ts'

type Client = PrismaClient | PrismaTransaction

export interface RoleWithPeople {
  readonly id: string
  readonly code: string
  readonly name: string | null
  readonly description: string
  readonly builtin: boolean
  readonly permissions: readonly string[]
  readonly version: number
  readonly people: number
}

export const roleRepository = {
  /** Built-in ones first. */
  async list(client: Client, now: Date): Promise<RoleWithPeople[]> {
    const roles = await client.role.findMany({
      where: { archivedAt: null },
      orderBy: [{ builtin: 'desc' }, { createdAt: 'asc' }],
    })
    const counted = await client.$queryRaw<{ role_id: string; people: number }[]>`
      select a.role_id::text, count(distinct a.user_id)::int as people
      from role_assignment a join app_user u on u.id = a.user_id
      where u.disabled_at is null and (a.until_at is null or a.until_at > ${now}) group by 1`
    const people = new Map(counted.map((row) => [row.role_id, row.people]))
    return roles.map((role) => ({ ...role, people: people.get(role.id) ?? 0 }))
  },

  find: (client: Client, id: string) => client.role.findUnique({ where: { id, archivedAt: null } }),

  insert: (
    client: Client,
    data: { code: string; name: string; description: string; permissions: string[] },
  ) => client.role.create({ data }),

  /** False when it is another version by now. */
  async update(
    client: Client,
    id: string,
    version: number,
    data: { name?: string | null; description?: string; permissions?: string[]; archivedAt?: Date },
  ): Promise<boolean> {
    const { count } = await client.role.updateMany({
      where: { id, version, archivedAt: null },
      data: { ...data, version: { increment: 1 } },
    })
    return count === 1
  },

  /** Also of disabled accounts, and those whose time is over: they can be brought back. */
  countAssignments: (client: Client, roleId: string) => client.roleAssignment.count({ where: { roleId } }),

  nameTaken: async (client: Client, name: string, except: string | null) =>
    (await client.role.count({
      where: { name, archivedAt: null, ...(except === null ? {} : { id: { not: except } }) },
    })) > 0,

  /** Whoever changes roles, or gives them, does so alone until the transaction ends. */
  lock: (client: PrismaTransaction) =>
    client.$executeRaw(
      Prisma.sql`SELECT pg_advisory_xact_lock(hashtextextended('accounts/administrators', 0))`,
    ),
}

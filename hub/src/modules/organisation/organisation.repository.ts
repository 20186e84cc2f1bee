import { Prisma, type PrismaClient } from '../../generated/prisma/client.ts'
import type { PrismaTransaction } from '../../platform/database/database.ts'

export type Client = PrismaClient | PrismaTransaction

const people = { _count: { select: { users: { where: { disabledAt: null } } } } } as const
const postFields = { include: people } as const
const departmentFields = {
  include: {
    ...people,
    posts: { where: { archivedAt: null }, orderBy: { name: 'asc' }, ...postFields },
  },
} as const satisfies Prisma.DepartmentDefaultArgs
const companyFields = {
  include: {
    departments: {
      where: { archivedAt: null },
      orderBy: [{ position: 'asc' }, { name: 'asc' }, { id: 'asc' }],
      ...departmentFields,
    },
  },
} as const satisfies Prisma.CompanyDefaultArgs

export type PostRow = Prisma.PostGetPayload<typeof postFields>
export type DepartmentRow = Prisma.DepartmentGetPayload<typeof departmentFields>
export type CompanyRow = Prisma.CompanyGetPayload<typeof companyFields>

/** An edit of the version that its editor saw; false when it is another one by now, or archived. */
const edit = (id: string, version: number) => ({ id, version, archivedAt: null })
const counted = { version: { increment: 1 } } as const

export const organisationRepository = {
  companies: (client: Client): Promise<CompanyRow[]> =>
    client.company.findMany({ where: { archivedAt: null }, orderBy: { code: 'asc' }, ...companyFields }),
  company: (client: Client, id: string): Promise<CompanyRow | null> =>
    client.company.findUnique({ where: { id, archivedAt: null }, ...companyFields }),
  insertCompany: (client: Client, data: { code: string; name: string }): Promise<CompanyRow> =>
    client.company.create({ data, ...companyFields }),
  updateCompany: async (
    client: Client,
    id: string,
    version: number,
    data: { name?: string; archivedAt?: Date },
  ) =>
    (await client.company.updateMany({ where: edit(id, version), data: { ...data, ...counted } })).count ===
    1,

  department: (client: Client, id: string): Promise<DepartmentRow | null> =>
    client.department.findUnique({ where: { id, archivedAt: null }, ...departmentFields }),
  insertDepartment: (
    client: Client,
    data: { companyId: string; parentId: string | null; name: string; position: number },
  ): Promise<DepartmentRow> => client.department.create({ data, ...departmentFields }),
  updateDepartment: async (
    client: Client,
    id: string,
    version: number,
    data: {
      name?: string
      parentId?: string | null
      leaderId?: string | null
      position?: number
      archivedAt?: Date
    },
  ) =>
    (await client.department.updateMany({ where: edit(id, version), data: { ...data, ...counted } }))
      .count === 1,
  countChildren: (client: Client, parentId: string) =>
    client.department.count({ where: { parentId, archivedAt: null } }),
  /** Disabled accounts too: they can be enabled again. */
  countPeople: (client: Client, departmentId: string) => client.user.count({ where: { departmentId } }),
  /** The department and all above it. */
  async ancestors(client: Client, id: string): Promise<Set<string>> {
    const rows = await client.$queryRaw<{ id: string }[]>`
      with recursive above as (select id, parent_id from department where id = ${id}::uuid
        union select d.id, d.parent_id from department d join above on d.id = above.parent_id)
      select id::text from above`
    return new Set(rows.map((row) => row.id))
  },
  async lastPosition(client: Client, companyId: string, parentId: string | null): Promise<number> {
    const { _max } = await client.department.aggregate({
      where: { companyId, parentId, archivedAt: null },
      _max: { position: true },
    })
    return _max.position ?? 0
  },
  /** Serialises whatever decides about the shape of the tree until the transaction ends. */
  lockTree: (client: PrismaTransaction) =>
    client.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('organisation/tree', 0))`,

  person: (client: Client, id: string) =>
    client.user.findUnique({ where: { id }, select: { id: true, displayName: true } }),
  async names(client: Client, ids: readonly string[]): Promise<Map<string, string>> {
    const rows = await client.user.findMany({
      where: { id: { in: [...ids] } },
      select: { id: true, displayName: true },
    })
    return new Map(rows.map((row) => [row.id, row.displayName]))
  },

  post: (client: Client, id: string): Promise<PostRow | null> =>
    client.post.findUnique({ where: { id, archivedAt: null }, ...postFields }),
  insertPost: (client: Client, data: { departmentId: string; name: string }): Promise<PostRow> =>
    client.post.create({ data, ...postFields }),
  updatePost: async (
    client: Client,
    id: string,
    version: number,
    data: { name?: string; archivedAt?: Date },
  ) =>
    (await client.post.updateMany({ where: edit(id, version), data: { ...data, ...counted } })).count === 1,
  countPostPeople: (client: Client, postId: string) => client.user.count({ where: { postId } }),
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}

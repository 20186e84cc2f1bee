import { Prisma, type PrismaClient } from '../../generated/prisma/client.ts'
import { readable } from '../../platform/auth/ability.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import type { PrismaTransaction } from '../../platform/database/database.ts'
import { pageWindow, type Page, type Sort } from '../../platform/http/paging.ts'

type Client = PrismaClient | PrismaTransaction

const projectFields = { id: true, code: true, name: true, timeZone: true } as const

export interface HouseholdQuery extends Page {
  readonly projectId: string
  readonly q?: string | undefined
  readonly sort: Sort<'accountNumber' | 'name' | 'kind'>
}

export const estateRepository = {
  projects: (client: Client, user: Viewer) =>
    client.project.findMany({
      where: readable(user, 'Project'),
      select: projectFields,
      orderBy: { code: 'asc' },
    }),

  project: (client: Client, id: string) =>
    client.project.findUnique({ where: { id }, select: projectFields }),

  insertProject: (client: Client, data: { code: string; name: string; timeZone: string }) =>
    client.project.create({ data, select: projectFields }),

  buildings: (client: Client, user: Viewer, projectId: string) =>
    client.building.findMany({
      where: { AND: [readable(user, 'Building'), { projectId }] },
      orderBy: { code: 'asc' },
      include: {
        rooms: {
          orderBy: { code: 'asc' },
          include: {
            households: {
              where: { to: null },
              include: { household: { select: { id: true, accountNumber: true, name: true } } },
            },
          },
        },
      },
    }),

  async households(client: Client, user: Viewer, query: HouseholdQuery) {
    const where: Prisma.HouseholdWhereInput = {
      AND: [
        readable(user, 'Household'),
        { projectId: query.projectId },
        ...(query.q ? [matching(query.q)] : []),
      ],
    }
    const [rows, total] = await Promise.all([
      client.household.findMany({
        where,
        ...pageWindow(query),
        orderBy: [{ [query.sort.field]: query.sort.direction }, { accountNumber: 'asc' }],
        select: {
          id: true,
          projectId: true,
          accountNumber: true,
          name: true,
          kind: true,
          rooms: {
            where: { to: null },
            orderBy: { room: { code: 'asc' } },
            select: { room: { select: { id: true, code: true, building: { select: { name: true } } } } },
          },
        },
      }),
      client.household.count({ where }),
    ])
    return { rows, total }
  },
}

function matching(words: string): Prisma.HouseholdWhereInput {
  const text = { contains: words.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
  return {
    OR: [{ accountNumber: text }, { name: text }, { rooms: { some: { to: null, room: { code: text } } } }],
  }
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}

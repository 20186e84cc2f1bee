import { randomUUID } from 'node:crypto'
import type { CurrentUser } from '../../hub/src/platform/auth/user.ts'
import { allPermissions } from '../../hub/src/platform/auth/permissions.ts'
import type { TestHub } from '../../hub/src/platform/testing.ts'
import type { Estate } from './estate.ts'
import type { Random } from './random.ts'

export interface Person {
  readonly user: CurrentUser
  readonly headers: Readonly<Record<string, string>>
  /** For the message when something is wrong. */
  readonly description: string
}

/** People with one to three roles, each a random set of permissions in a random part of the estate. */
export async function seedPeople(hub: TestHub, estate: Estate, random: Random): Promise<Person[]> {
  const people: Person[] = []
  for (let index = 0; index < 4; index++) people.push(await seedPerson(hub, estate, random, index))
  return people
}

async function seedPerson(hub: TestHub, estate: Estate, random: Random, index: number): Promise<Person> {
  const { prisma } = hub.hub.db
  const id = random.uuid()
  await prisma.user.create({
    data: {
      id,
      username: `p${randomUUID().slice(0, 8)}`,
      displayName: `zq${id.slice(0, 8)}`,
      passwordHash: '-',
    },
  })
  // The first of all keeps single buildings only, the second whole projects only
  const kinds =
    index === 0
      ? ['buildings']
      : index === 1
        ? ['projects']
        : [random.pick(['buildings', 'projects']), 'buildings']
  for (const kind of kinds) {
    const share = index < 2 ? 1 : 0.5 + random.next() / 2
    const role = await prisma.role.create({
      data: { code: `r-${randomUUID().slice(0, 8)}`, permissions: random.some(allPermissions(), share) },
    })
    const projectIds = kind === 'projects' ? [random.pick(estate.projectIds)] : []
    const buildings =
      kind === 'buildings' ? [random.pick(estate.buildings), random.pick(estate.buildings)] : []
    const buildingIds = [...new Set(buildings.map((building) => building.id))]
    await prisma.roleAssignment.create({ data: { userId: id, roleId: role.id, projectIds, buildingIds } })
  }
  const { secret, csrfToken } = await hub.app.sessions.begin(id, { ip: null, userAgent: null })
  const { user } = (await hub.app.sessions.find(secret))!
  const headers = { cookie: `courtyard=${secret}; __Host-courtyard=${secret}`, 'x-csrf-token': csrfToken }
  const grants = user.grants.map(({ place, permissions }) => ({ place, permissions: [...permissions] }))
  return { user, headers, description: JSON.stringify(grants) }
}

import { RoomKind, type Building, type Household, type Permission } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import {
  hasEverywhere,
  projectNotFound,
  requireProject,
  requireWholeProject,
  type CurrentUser,
  type Viewer,
} from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import { sortOf, type Page } from '../../platform/http/paging.ts'
import type { Hub } from '../../platform/module.ts'
import { estateErrors } from './errors.ts'
import { estateRepository, isUniqueViolation } from './estate.repository.ts'

export interface Project {
  readonly id: string
  readonly code: string
  readonly name: string
  /** IANA name, such as `Asia/Shanghai`. */
  readonly timeZone: string
}

/** Projects that the person may see, by code. */
export function listProjects(hub: Hub, user: Viewer): Promise<Project[]> {
  return estateRepository.projects(hub.db.prisma, user)
}

/**
 * A project of which the person keeps some part with that permission: what is read of it has to be narrowed to it.
 * @throws AppError `project.not_found` when there is none, or it is outside the person's scope
 */
export async function findProject(
  hub: Hub,
  user: Viewer,
  projectId: string,
  permission: Permission,
): Promise<Project> {
  requireProject(user, projectId, permission)
  return existing(hub, projectId)
}

/**
 * A project all of which the person keeps with that permission.
 * @throws AppError `project.not_found`; `auth.part_of_project` with a part of it
 */
export async function findWholeProject(
  hub: Hub,
  user: Viewer,
  projectId: string,
  permission: Permission,
): Promise<Project> {
  requireWholeProject(user, projectId, permission)
  return existing(hub, projectId)
}

async function existing(hub: Hub, projectId: string): Promise<Project> {
  const project = await estateRepository.project(hub.db.prisma, projectId)
  if (!project) throw projectNotFound(projectId)
  return project
}

export async function createProject(
  hub: Hub,
  user: CurrentUser,
  input: { code: string; name: string; timeZone: string },
  audit: Audit,
): Promise<Project> {
  if (!hasEverywhere(user, 'estate.write')) {
    throw fail(platformErrors.forbidden, 'Only people who see all projects may make one')
  }
  requireTimeZone(input.timeZone)
  try {
    return await hub.db.prismaTransaction(async (tx) => {
      const project = await estateRepository.insertProject(tx, input)
      await audit(tx, {
        action: 'project.create',
        entity: 'project',
        entityId: project.id,
        projectId: project.id,
        after: project,
      })
      return project
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw fail(
      estateErrors.projectCodeTaken,
      `There is a project ${input.code} already`,
      { code: input.code },
      error,
    )
  }
}

function requireTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch {
    throw invalidInput('The input is not valid', [
      { path: 'timeZone', reason: { code: 'project.unknown_time_zone', timeZone } },
    ])
  }
}

/** Buildings with their rooms and who lives there now. */
export async function listBuildings(hub: Hub, user: Viewer, projectId: string): Promise<Building[]> {
  const buildings = await estateRepository.buildings(hub.db.prisma, user, projectId)
  return buildings.map((building) => ({
    id: building.id,
    code: building.code,
    name: building.name,
    rooms: building.rooms.map((room) => ({
      id: room.id,
      code: room.code,
      kind: RoomKind.parse(room.kind),
      floor: room.floor,
      areaM2: room.areaM2?.toFixed() ?? null,
      household: room.households[0]?.household ?? null,
    })),
  }))
}

const householdSorts = ['accountNumber', 'name', 'kind'] as const

export async function listHouseholds(
  hub: Hub,
  user: Viewer,
  projectId: string,
  query: Page & { q?: string | undefined; sort?: string | undefined },
): Promise<{ items: Household[]; total: number; page: number; pageSize: number }> {
  const sort = sortOf(query.sort, householdSorts, { field: 'accountNumber', direction: 'asc' })
  const { rows, total } = await estateRepository.households(hub.db.prisma, user, {
    projectId,
    ...query,
    sort,
  })
  const items = rows.map(({ rooms, ...household }) => ({
    ...household,
    rooms: rooms.map(({ room }) => ({ id: room.id, building: room.building.name, code: room.code })),
  }))
  return { items, total, page: query.page, pageSize: query.pageSize }
}

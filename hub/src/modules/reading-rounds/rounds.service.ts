/** Making walks and handing them out. */
import type {
  ReadingProgress,
  ReadingRoute,
  ReadingRouteBody,
  ReadingRouteDetail,
  ReadingTaskDetail,
} from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { loadUser } from '../../platform/auth/load-user.repository.ts'
import { inScope, inWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { findWholeProject } from '../estate/index.ts'
import { readingErrors } from './errors.ts'
import type { ReadingReason } from './reasons.ts'
import {
  archiveRoute,
  countPoints,
  insertRoute,
  progressOf,
  routeDetail,
  routeHead,
  routesOf,
  updateRoute,
  walkablePoints,
  type Client,
  type RouteHead,
} from './routes.repository.ts'
import { changeTask, insertTask, taskDetail, taskHead, type TaskHead } from './tasks.repository.ts'

/** Who does something, and how it is noted. */
export interface Doer {
  readonly hub: Hub
  readonly user: CurrentUser
  readonly audit: Audit
}

type RoundPermission = 'readingRounds.read' | 'readingRounds.write'

export async function routesFor(hub: Hub, user: CurrentUser, projectId: string): Promise<ReadingRoute[]> {
  await findWholeProject(hub, user, projectId, 'readingRounds.read')
  return routesOf(hub.db.pool, projectId)
}

export async function pointsFor(hub: Hub, user: CurrentUser, projectId: string) {
  await findWholeProject(hub, user, projectId, 'readingRounds.read')
  return walkablePoints(hub.db.pool, user, projectId)
}

/** @throws AppError `not_found`, outside the scope too */
async function findRoute(
  client: Client,
  user: CurrentUser,
  id: string,
  permission: RoundPermission,
  lock = false,
): Promise<RouteHead> {
  const route = await routeHead(client, id, lock)
  if (!route || route.archived || !inWholeProject(user, route.projectId, permission)) {
    throw fail(platformErrors.notFound, 'There is no such round')
  }
  return route
}

/** @throws AppError `not_found`, outside the scope too */
export async function findTask(
  client: Client,
  user: CurrentUser,
  id: string,
  permission: RoundPermission,
  lock: '' | 'for update' = '',
): Promise<TaskHead> {
  const task = await taskHead(client, id, lock)
  if (!task || !inWholeProject(user, task.projectId, permission)) {
    throw fail(platformErrors.notFound, 'There is no such task')
  }
  return task
}

export async function routeFor(hub: Hub, user: CurrentUser, id: string): Promise<ReadingRouteDetail> {
  await findRoute(hub.db.pool, user, id, 'readingRounds.read')
  return routeDetail(hub.db.pool, id)
}

export async function taskFor(hub: Hub, user: CurrentUser, id: string): Promise<ReadingTaskDetail> {
  await findTask(hub.db.pool, user, id, 'readingRounds.read')
  const detail = await taskDetail(hub.db.pool, id)
  if (!detail) throw fail(platformErrors.notFound, 'There is no such task')
  return detail
}

export async function makeRoute(
  { hub, user, audit }: Doer,
  projectId: string,
  body: ReadingRouteBody,
): Promise<ReadingRouteDetail> {
  await findWholeProject(hub, user, projectId, 'readingRounds.write')
  const now = hub.clock.now()
  const id = await hub.db.transaction(async (client) => {
    await check(hub, client, projectId, body)
    const id = await insertRoute(client, projectId, { ...body, userId: user.id, now })
    await audit(client, {
      action: 'readingRoute.create',
      entity: 'readingRoute',
      entityId: id,
      projectId,
      after: body,
    })
    return id
  })
  return routeDetail(hub.db.pool, id)
}

export async function changeRoute(
  { hub, user, audit }: Doer,
  id: string,
  { version, ...body }: ReadingRouteBody & { version: number },
): Promise<ReadingRouteDetail> {
  await hub.db.transaction(async (client) => {
    const before = await findRoute(client, user, id, 'readingRounds.write', true)
    if (before.version !== version) throw fail(readingErrors.changed, 'Somebody else changed the round')
    await check(hub, client, before.projectId, body)
    await updateRoute(client, id, { ...body, userId: user.id, now: hub.clock.now() })
    const { projectId, name, dueDay, pointIds } = before
    await audit(client, {
      action: 'readingRoute.update',
      entity: 'readingRoute',
      entityId: id,
      projectId,
      before: { name, dueDay, pointIds },
      after: body,
    })
  })
  return routeDetail(hub.db.pool, id)
}

export async function putAway({ hub, user, audit }: Doer, id: string, version: number) {
  await hub.db.transaction(async (client) => {
    const route = await findRoute(client, user, id, 'readingRounds.write', true)
    if (route.version !== version) throw fail(readingErrors.changed, 'Somebody else changed the round')
    await archiveRoute(client, id, user.id, hub.clock.now())
    const { projectId } = route
    await audit(client, { action: 'readingRoute.archive', entity: 'readingRoute', entityId: id, projectId })
  })
  return { ok: true } as const
}

/** @throws AppError `reading_task.handed_out` when the month has a task already, `reading_route.empty` */
export async function handOut(
  { hub, user, audit }: Doer,
  routeId: string,
  input: { month: string; assigneeId: string },
): Promise<ReadingProgress> {
  const taskId = await hub.db.transaction(async (client) => {
    const route = await findRoute(client, user, routeId, 'readingRounds.write', true)
    if (route.pointIds.length === 0) throw fail(readingErrors.empty, 'There are no meters on the round')
    const { projectId, dueDay } = route
    await checkReader(hub, projectId, input.assigneeId)
    const task = { routeId, projectId, dueDay, ...input, userId: user.id, now: hub.clock.now() }
    const id = await insertTask(client, task)
    if (id === null) throw fail(readingErrors.handedOut, 'The month has been handed out', input)
    await audit(client, {
      action: 'readingTask.handOut',
      entity: 'readingTask',
      entityId: id,
      projectId,
      after: { routeId, ...input },
    })
    return id
  })
  return progressOf(hub.db.pool, taskId)
}

export async function alterTask(
  { hub, user, audit }: Doer,
  id: string,
  { version, ...change }: { version: number; assigneeId?: string; state?: 'cancelled' },
): Promise<ReadingProgress> {
  await hub.db.transaction(async (client) => {
    const task = await findTask(client, user, id, 'readingRounds.write', 'for update')
    if (task.version !== version) throw fail(readingErrors.changed, 'Somebody else changed the task')
    if (task.state !== 'open') throw fail(readingErrors.withdrawn, 'The task was withdrawn')
    if (change.assigneeId) await checkReader(hub, task.projectId, change.assigneeId)
    await changeTask(client, id, change)
    await audit(client, {
      action: change.state ? 'readingTask.withdraw' : 'readingTask.reassign',
      entity: 'readingTask',
      entityId: id,
      projectId: task.projectId,
      before: { assigneeId: task.assigneeId },
      after: change,
    })
  })
  return progressOf(hub.db.pool, id)
}

async function check(hub: Hub, client: Client, projectId: string, body: ReadingRouteBody): Promise<void> {
  if (body.assigneeId !== null) await checkReader(hub, projectId, body.assigneeId)
  // One that is named twice is counted once
  if ((await countPoints(client, projectId, body.pointIds)) !== body.pointIds.length) {
    throw refuse('pointIds', { code: 'readingRounds.foreign_point' })
  }
}

async function checkReader(hub: Hub, projectId: string, userId: string): Promise<void> {
  const reader = await loadUser(hub.db.pool, userId, hub.clock.now())
  if (reader && inScope(reader, projectId, 'readingRounds.enter')) return
  throw refuse('assigneeId', { code: 'readingRounds.cannot_read' })
}

const refuse = (path: string, reason: ReadingReason) =>
  invalidInput('The round is not valid', [{ path, reason }])

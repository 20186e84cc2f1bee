import { fail, platformErrors } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import type { Hub, HubApp } from '../../platform/module.ts'
import { taskById } from '../../platform/workflow/task.repository.ts'
import { decideTask, reassignTask } from '../../platform/workflow/task.service.ts'
import { workflowErrors } from '../../platform/workflow/errors.ts'
import { cursorText, parseCursor, type ListCursor } from './domain/cursor.ts'
import { delegate, delegationView, stopDelegation } from './delegations.service.ts'
import { colleagues, delegationsOf } from './people.repository.ts'
import { mayAdminister, processDetail, taskOf } from './process-view.ts'
import { countOpenTasks, decidedTasks, findProcess, openTasks } from './processes.repository.ts'

/** Everyone has tasks: whose they are is looked at where they are read. */
const anyone = { permission: 'signedIn' } as const

export function addTaskRoutes(app: HubApp): void {
  route(app, 'GET /api/tasks', anyone, async ({ hub, user, query }) => {
    const now = hub.clock.now()
    const only = { after: cursorOf(query.cursor), limit: query.limit }
    const rows =
      query.state === 'open'
        ? await openTasks(hub.db.pool, user, now, only)
        : await decidedTasks(hub.db.pool, user, only)
    const last = rows.length === query.limit ? rows.at(-1) : undefined
    return {
      items: rows.map((row) => taskOf(row, now)),
      nextCursor: last ? cursorText({ atMs: last.sortAt.getTime(), id: last.taskId }) : null,
    }
  })
  route(app, 'GET /api/tasks/count', anyone, ({ hub, user }) =>
    countOpenTasks(hub.db.pool, user, hub.clock.now()),
  )
  route(app, 'GET /api/tasks/:id', anyone, async ({ hub, user, params }) => {
    const now = hub.clock.now()
    const only = { taskId: params.id, after: null, limit: 1 }
    const [row] = await openTasks(hub.db.pool, user, now, only)
    const [decided] = row ? [row] : await decidedTasks(hub.db.pool, user, only)
    if (!decided) throw fail(workflowErrors.taskNotFound, 'There is no such task', { id: params.id })
    return taskOf(decided, now)
  })
  route(app, 'POST /api/tasks/:id/decide', anyone, async ({ hub, user, audit, params, body }) => {
    await requireTask(hub, user, params.id)
    return processDetail(hub, user, await decideTask(hub, { user, audit }, params.id, body))
  })
  route(
    app,
    'POST /api/tasks/:id/reassign',
    { permission: 'workflow.administer' },
    async ({ hub, user, audit, params, body }) => {
      const process = await requireTask(hub, user, params.id)
      if (!mayAdminister(user, process)) {
        throw fail(platformErrors.forbidden, 'Your role may not do this here', {
          permission: 'workflow.administer',
        })
      }
      return processDetail(hub, user, await reassignTask(hub, { user, audit }, params.id, body))
    },
  )
  addDelegationRoutes(app)
}

/** A task of a process that the person sees. Whether it is his to answer the engine says, with the reason. */
async function requireTask(hub: Hub, user: CurrentUser, id: string) {
  const task = await taskById(hub.db.pool, id)
  const process = task && (await findProcess(hub.db.pool, user, hub.clock.now(), task.processId))
  if (!process) throw fail(workflowErrors.taskNotFound, 'There is no such task', { id })
  return process
}

function addDelegationRoutes(app: HubApp): void {
  route(app, 'GET /api/task-delegations', anyone, async ({ hub, user }) => {
    const now = hub.clock.now()
    return (await delegationsOf(hub.db.pool, user.id, now)).map((row) => delegationView(row, now))
  })
  route(app, 'POST /api/task-delegations', anyone, async ({ hub, user, audit, body }) =>
    delegationView(await delegate(hub, user, audit, body), hub.clock.now()),
  )
  route(app, 'POST /api/task-delegations/:id/end', anyone, async ({ hub, user, audit, params }) => {
    await stopDelegation(hub, user, audit, params.id)
    return { ok: true as const }
  })
  route(app, 'GET /api/workflow-people', anyone, ({ hub, user, query }) => {
    const ids = query.ids?.split(',').filter((id) => /^[0-9a-f-]{36}$/.test(id))
    return colleagues(hub.db.pool, user, { q: query.q, ids })
  })
}

/** @throws AppError `process.cursor_invalid` */
export function cursorOf(text: string | undefined): ListCursor | null {
  if (text === undefined) return null
  const cursor = parseCursor(text)
  if (!cursor) throw fail(workflowErrors.cursorInvalid, 'The cursor is not valid')
  return cursor
}

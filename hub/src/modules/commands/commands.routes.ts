import { requireProject } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { targetsOf, viewOf, viewsOf } from './command-view.ts'
import { findCommandDevice, listCommands } from './commands.repository.ts'
import {
  approveCommand,
  cancelCommand,
  findVisible,
  rejectCommand,
  requestCommand,
} from './commands.service.ts'
import { cursorText, parseCursor } from './domain/cursor.ts'
import { commandErrors } from './errors.ts'

/** The kind of a command decides who may ask for it: the service looks at that. */
const read = { permission: 'commands.read' } as const
/** Who switches and who approves does so in his own name. */
const approve = { permission: 'commands.approve', ownWord: true } as const
/** Five thousand people with names and cards. */
const BODY_LIMIT = 2 * 1024 * 1024

export function addCommandRoutes(app: HubApp): void {
  addDeviceRoutes(app)
  addListRoutes(app)
  route(app, 'POST /api/commands/:id/approve', approve, async ({ hub, user, audit, params, say }) =>
    viewOf(hub, { user, say }, await approveCommand(hub, { user, audit }, params.id)),
  )
  route(app, 'POST /api/commands/:id/reject', approve, async ({ hub, user, audit, params, body, say }) =>
    viewOf(hub, { user, say }, await rejectCommand(hub, { user, audit }, params.id, body.reason)),
  )
  route(
    app,
    'POST /api/commands/:id/cancel',
    { ...read, ownWord: true },
    async ({ hub, user, audit, params, say }) =>
      viewOf(hub, { user, say }, await cancelCommand(hub, { user, audit }, params.id)),
  )
}

function addDeviceRoutes(app: HubApp): void {
  route(app, 'GET /api/devices/:id/commands', read, async ({ hub, user, params }) => {
    const device = await findCommandDevice(hub.db.pool, user, params.id)
    if (!device) throw fail(commandErrors.deviceNotFound, 'There is no such device', { id: params.id })
    return targetsOf(device, user)
  })
  route(
    app,
    'POST /api/devices/:id/commands',
    { ...read, ownWord: true, bodyLimit: BODY_LIMIT },
    async ({ hub, user, audit, params, body, say }) =>
      viewOf(hub, { user, say }, await requestCommand(hub, { user, audit }, params.id, body)),
  )
}

function addListRoutes(app: HubApp): void {
  route(app, 'GET /api/commands', read, async ({ hub, user, query, say }) => {
    const { cursor, limit, ...filter } = query
    if (filter.projectId) requireProject(user, filter.projectId, 'commands.read')
    const after = cursor === undefined ? null : parseCursor(cursor)
    if (cursor !== undefined && !after) throw fail(commandErrors.cursorInvalid, 'This cursor is none of ours')
    // One more tells whether there is a next page
    const rows = await listCommands(hub.db.pool, user, { ...filter, after, limit: limit + 1 })
    const last = rows.length > limit ? rows[limit - 1] : undefined
    return {
      items: await viewsOf(hub, { user, say }, rows.slice(0, limit)),
      nextCursor: last ? cursorText({ requestedAtMs: last.requestedAt.getTime(), id: last.id }) : null,
    }
  })
  route(app, 'GET /api/commands/:id', read, async ({ hub, user, params, say }) =>
    viewOf(hub, { user, say }, await findVisible(hub, user, params.id)),
  )
}

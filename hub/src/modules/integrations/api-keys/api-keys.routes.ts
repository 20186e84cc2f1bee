import { route } from '../../../platform/http/route.ts'
import type { HubApp } from '../../../platform/module.ts'
import {
  createKey,
  editKey,
  getKey,
  givablePermissions,
  listKeys,
  revokeKey,
  rotateKey,
  takeOverKey,
} from './api-keys.service.ts'

/** A person's own word: a key makes no keys, and nobody makes one in another's name. */
const manage = { permission: 'apiKeys.manage', ownWord: true } as const

export function addApiKeyRoutes(app: HubApp): void {
  route(app, 'GET /api/api-key-permissions', manage, async ({ user }) => givablePermissions(user))
  route(app, 'GET /api/api-keys', manage, ({ hub, user }) => listKeys(hub, user))
  route(app, 'GET /api/api-keys/:id', manage, ({ hub, user, params }) => getKey(hub, user, params.id))
  route(app, 'POST /api/api-keys', manage, ({ hub, user, audit, body }) =>
    createKey(hub, { user, audit }, body),
  )
  route(app, 'PATCH /api/api-keys/:id', manage, ({ hub, user, audit, params, body }) =>
    editKey(hub, { user, audit }, params.id, body),
  )
  route(app, 'POST /api/api-keys/:id/rotate', manage, ({ hub, user, audit, params, body }) =>
    rotateKey(hub, { user, audit }, params.id, body),
  )
  route(app, 'POST /api/api-keys/:id/take-over', manage, ({ hub, user, audit, params, body }) =>
    takeOverKey(hub, { user, audit }, params.id, body.version),
  )
  route(app, 'POST /api/api-keys/:id/revoke', manage, async ({ hub, user, audit, params }) => {
    await revokeKey(hub, { user, audit }, params.id)
    return { ok: true as const }
  })
}

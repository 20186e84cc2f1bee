/** `Authorization: Bearer cy_…` at the door of the hub. */
import type { FastifyRequest } from 'fastify'
import type { Permission } from '@courtyard/protocols/contract'
import { hasPermission } from '../auth/user.ts'
import { fail, platformErrors } from '../errors.ts'
import type { HubApp } from '../module.ts'
import { ApiKeys, type ActiveKey } from './api-keys.ts'
import { keyAccessErrors } from './errors.ts'
import { keyOf } from './key-text.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly apiKeys: ApiKeys
  }
  interface FastifyRequest {
    /** Null: none was shown; false: one that is not valid. */
    apiKey: ActiveKey | false | null
  }
}

export function addApiKeys(app: HubApp): void {
  app.decorateRequest('apiKey', null)
  app.decorate('apiKeys', new ApiKeys(app.hub.db, app.hub.clock))
}

/** @returns whether a key was shown; whether it is valid is asked where one is needed */
export async function readApiKey(request: FastifyRequest): Promise<boolean> {
  const secret = keyOf(request.headers.authorization)
  if (secret === null) return false
  request.apiKey = (await request.server.apiKeys.find(secret, request.ip)) ?? false
  return true
}

/**
 * @param access permission or `signedIn`; null: the route is not for keys
 * @throws AppError `auth.bad_key`, `auth.not_for_keys`, `auth.forbidden`
 */
export function requireKey({ apiKey }: FastifyRequest, access: Permission | null): ActiveKey {
  if (!apiKey) throw fail(keyAccessErrors.badKey, 'There is no such API key, or it has ended')
  if (access === null) throw fail(keyAccessErrors.notForKeys, 'This is for people, not for API keys')
  if (access === 'signedIn' || hasPermission(apiKey.user, access)) return apiKey
  throw fail(platformErrors.forbidden, 'This key may not do that', { permission: access })
}

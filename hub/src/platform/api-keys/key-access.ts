/** `Authorization: Bearer cy_…` at the door of the hub. */
import type { FastifyRequest } from 'fastify'
import type { Permission } from '@courtyard/protocols/contract'
import { hasPermission } from '../auth/user.ts'
import { fail, platformErrors } from '../errors.ts'
import type { HubApp } from '../module.ts'
import { ApiKeys, type ActiveKey } from './api-keys.ts'
import { keyAccessErrors } from './errors.ts'
import { keyOf } from './key-text.ts'

type KeyRate = ReturnType<HubApp['createRateLimit']>

declare module 'fastify' {
  interface FastifyInstance {
    readonly apiKeys: ApiKeys
    /** Counts the requests of a key, whatever address they come from. */
    readonly keyRate: KeyRate
  }
  interface FastifyRequest {
    /** Null: none was shown; false: one that is not valid. */
    apiKey: ActiveKey | false | null
  }
}

export function addApiKeys(app: HubApp): void {
  app.decorateRequest('apiKey', null)
  app.decorate('apiKeys', new ApiKeys(app.hub.db, app.hub.clock))
  const keyOfRequest = (request: FastifyRequest) => request.apiKey as ActiveKey
  const rate = app.createRateLimit({
    max: (request) => keyOfRequest(request).perMinute,
    keyGenerator: (request) => keyOfRequest(request).id,
    timeWindow: 60_000,
  })
  app.decorate('keyRate', rate)
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
 * @throws AppError `auth.bad_key`, `rate.limited`, `auth.not_for_keys`, `auth.forbidden`
 */
export async function requireKey(request: FastifyRequest, access: Permission | null): Promise<void> {
  const { apiKey } = request
  if (!apiKey) throw fail(keyAccessErrors.badKey, 'There is no such API key, or it has ended')
  const rate = await request.server.keyRate(request)
  if (!rate.isAllowed && rate.isExceeded) {
    throw fail(platformErrors.tooManyRequests, 'Too many requests with this key; wait a little', {
      retryAfterSeconds: rate.ttlInSeconds,
    })
  }
  if (access === null) throw fail(keyAccessErrors.notForKeys, 'This is for people, not for API keys')
  if (access === 'signedIn' || hasPermission(apiKey.user, access)) return
  throw fail(platformErrors.forbidden, 'This key may not do that', { permission: access })
}

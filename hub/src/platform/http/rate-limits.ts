/**
 * How often somebody may ask. Counted before rights are looked at, so that what is refused counts too: all that comes
 * from one address before anything else is done for it, then by who it is — the address for strangers, else the user or
 * the API key, so that an office behind one address does not share a limit.
 */
import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fail, platformErrors } from '../errors.ts'
import type { HubApp } from '../module.ts'

/** From one address, whoever it is, files of the console included: an office with a hundred people stays below. */
const ADDRESS_PER_MINUTE = 12_000
/** Requests to the interface by somebody who shows neither session nor key. */
const STRANGERS_PER_MINUTE = 1_200
/** Requests of one user; an operator with many tabs stays far below. */
const USER_PER_MINUTE = 1_200

/** Answers or throws. @throws AppError `rate.limited` */
type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** To be called before sessions are looked for. */
export async function addAddressLimit(app: HubApp): Promise<void> {
  await app.register(rateLimit, { global: false, timeWindow: 60_000 })
  app.addHook('onRequest', limitOf(app, { max: ADDRESS_PER_MINUTE }))
}

/** To be called after sessions and keys were found. */
export function addSpeakerLimit(app: HubApp): void {
  const known = ({ apiKey }: FastifyRequest) => (apiKey ? apiKey.perMinute : USER_PER_MINUTE)
  const limit = bySpeaker(app, STRANGERS_PER_MINUTE, known)
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) await limit(request, reply)
  })
}

/** For one route, beside the others. */
export const routeLimit = (app: HubApp, perMinute: number): Limit =>
  bySpeaker(app, perMinute, () => perMinute)

/** Strangers count by address, others by who they are, wherever they come from. */
function bySpeaker(app: HubApp, strangers: number, known: (request: FastifyRequest) => number): Limit {
  const ofStrangers = limitOf(app, { max: strangers })
  const ofKnown = limitOf(app, { max: known, keyGenerator: (request) => speakerOf(request)! })
  return (request, reply) => (speakerOf(request) === null ? ofStrangers : ofKnown)(request, reply)
}

/** Null for a stranger. While an administrator acts as somebody else: that person. */
const speakerOf = ({ apiKey, session }: FastifyRequest): string | null =>
  (apiKey ? apiKey.id : session?.user.id) ?? null

/** By address unless told otherwise; of IPv6 by the network, which is what one subscriber has. */
function limitOf(app: HubApp, options: Parameters<HubApp['createRateLimit']>[0]): Limit {
  const count = app.createRateLimit({ timeWindow: 60_000, ...options })
  return async (request, reply) => {
    const rate = await count(request)
    if (rate.isAllowed) return
    // What is told is the last that was counted, which is the narrowest
    reply.header('x-ratelimit-limit', rate.max)
    reply.header('x-ratelimit-remaining', rate.remaining)
    reply.header('x-ratelimit-reset', rate.ttlInSeconds)
    if (!rate.isExceeded) return
    throw fail(platformErrors.tooManyRequests, 'Too many requests; wait a little', {
      retryAfterSeconds: rate.ttlInSeconds,
    })
  }
}

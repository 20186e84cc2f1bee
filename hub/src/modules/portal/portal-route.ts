/** Routes behind a session of the portal. Sessions of staff open none of them, and the other way round. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RouteKey } from '@courtyard/protocols/contract'
import { auditAs, type AuditActor } from '../../platform/audit/audit.ts'
import { maskPhone } from '../../platform/auth/sensitive.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import { checkToken } from '../../platform/http/csrf.ts'
import { route, type RouteAnswer, type SignedInCall } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { portalErrors } from './errors.ts'
import type { Place } from './domain/place.ts'
import { findVisitor, type Visitor } from './sessions.ts'

declare module 'fastify' {
  interface FastifyRequest {
    portalVisitor: Visitor | null
  }
}

export const DOOR = 'portal'

export type PortalCall<K extends RouteKey> = Omit<SignedInCall<K>, 'user' | 'session' | 'actor'> & {
  readonly visitor: Visitor
}

/** Before the first `portalRoute`. */
export function addDoor(app: HubApp): void {
  app.decorateRequest('portalVisitor', null)
  app.doors.set(DOOR, async (request) => {
    const secret = request.cookies[cookieName(request)]
    const visitor = secret ? await findVisitor(request.server.hub, secret) : null
    if (!visitor) throw fail(platformErrors.noSession, 'Sign in first')
    checkToken(request, visitor.csrfToken)
    request.portalVisitor = visitor
  })
}

export function portalRoute<K extends RouteKey>(
  app: HubApp,
  key: K,
  handler: (call: PortalCall<K>) => Promise<RouteAnswer<K>>,
): void {
  route(app, key, { permission: DOOR }, ({ user: _, session: _1, actor: _2, ...call }) => {
    const visitor = call.request.portalVisitor!
    return handler({ ...call, visitor, audit: auditAs(actorOf(call.request, visitor.phone)) })
  })
}

export function actorOf(request: FastifyRequest, phone: string): AuditActor {
  return { userId: null, actor: `portal ${maskPhone(phone)}`, ip: request.ip, requestId: request.id }
}

/**
 * The visitor's own room by the id of role or invitation.
 * @throws AppError `portal_place.not_found` for every other, `portal.not_shown` for what he was not given
 */
export function placeFor(visitor: Visitor, id: string, sees?: keyof Place['sees']): Place {
  const place = visitor.places.find((one) => one.id === id)
  if (!place) throw fail(portalErrors.noPlace, 'There is no such room')
  if (sees && !place.sees[sees]) throw fail(portalErrors.notShown, 'This is not shown to you')
  return place
}

export function setPortalCookie(request: FastifyRequest, reply: FastifyReply, secret: string): void {
  reply.setCookie(cookieName(request), secret, { ...cookieOptions(request), maxAge: 180 * 86_400 })
}

export function clearPortalCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(cookieName(request), cookieOptions(request))
}

const cookieOptions = (request: FastifyRequest) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure(request) }) as const

function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https' || (request.server.hub.config.publicUrl?.startsWith('https:') ?? false)
}

const cookieName = (request: FastifyRequest) =>
  isSecure(request) ? '__Host-courtyard-portal' : 'courtyard-portal'

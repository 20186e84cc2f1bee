import type { FastifyReply, FastifyRequest } from 'fastify'

/** Secure when the browser speaks https to us or to the proxy before us. */
function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https' || (request.server.hub.config.publicUrl?.startsWith('https:') ?? false)
}

/** With the prefix `__Host-` no other host or path can plant the cookie; browsers ask for https then. */
function cookieName(request: FastifyRequest): string {
  return isSecure(request) ? '__Host-courtyard' : 'courtyard'
}

export function readSessionCookie(request: FastifyRequest): string | null {
  return request.cookies[cookieName(request)] ?? null
}

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, secret: string): void {
  reply.setCookie(cookieName(request), secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(request),
  })
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(cookieName(request), {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(request),
  })
}

import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { fail, platformErrors } from '../errors.ts'

const harmless = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Writes must come from our own pages: the browser names the page's origin, and with a session the request
 * carries the session's token. Programs without a browser send no Origin, and have no cookie to steal.
 * @throws AppError `auth.csrf`
 */
export function checkCsrf(request: FastifyRequest): void {
  if (harmless.has(request.method)) return
  const origin = request.headers.origin
  if (origin !== undefined && !isOurOrigin(request, origin)) {
    throw fail(platformErrors.badCsrf, 'The request comes from another site')
  }
  if (request.session && !isEqual(request.headers['x-csrf-token'], request.session.csrfToken)) {
    throw fail(platformErrors.badCsrf, 'The header x-csrf-token is missing or not that of the session')
  }
}

function isOurOrigin(request: FastifyRequest, origin: string): boolean {
  const { publicUrl } = request.server.hub.config
  if (publicUrl && origin === new URL(publicUrl).origin) return true
  return origin === `${request.protocol}://${request.host}`
}

function isEqual(given: string | string[] | undefined, expected: string): boolean {
  if (typeof given !== 'string') return false
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

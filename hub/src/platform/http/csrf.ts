import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { fail, platformErrors } from '../errors.ts'

const harmless = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Writes must come from our own pages: browsers name the page's origin. Programs without a browser send no
 * Origin, and have no cookie that could be misused.
 * @throws AppError `auth.csrf`
 */
export function checkOrigin(request: FastifyRequest): void {
  const { origin } = request.headers
  if (harmless.has(request.method) || origin === undefined || isOurOrigin(request, origin)) return
  throw fail(platformErrors.badCsrf, 'The request comes from another site')
}

/**
 * With a session, a write carries the session's token, which pages of other sites cannot read.
 * @throws AppError `auth.csrf`
 */
export function checkToken(request: FastifyRequest, expected: string): void {
  if (harmless.has(request.method) || isEqual(request.headers['x-csrf-token'], expected)) return
  throw fail(platformErrors.badCsrf, 'The header x-csrf-token is missing or not that of the session')
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

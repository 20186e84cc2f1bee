/** HTTP digest authentication, RFC 7616, as far as devices ask for it: `qop=auth` or none; MD5 or SHA-256. Pure. */
import { createHash } from 'node:crypto'
import { AppError } from '../contract/app-error.ts'
import { IsapiErrorCode } from './errors.ts'

export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | null
  /** False: the older form without a count of requests (RFC 2069). */
  readonly qop: boolean
  readonly algorithm: 'MD5' | 'SHA-256'
  /** The challenge names it itself; otherwise it is left out of the answer. */
  readonly namesAlgorithm: boolean
  /** The password was right, only the nonce was old. */
  readonly stale: boolean
}

export interface DigestRequest {
  readonly method: string
  /** Path with query, as on the request line. */
  readonly uri: string
  readonly user: string
  readonly password: string
  readonly cnonce: string
  /** Requests made with this nonce, this one included. */
  readonly count: number
}

/** The strongest challenge that we can answer. @throws AppError `isapi.bad_challenge`. */
export function parseChallenge(headers: readonly string[]): DigestChallenge {
  const challenges = headers.flatMap(splitChallenges).flatMap(challengeOf)
  const best = challenges.find(({ algorithm }) => algorithm === 'SHA-256') ?? challenges[0]
  if (!best) throw new AppError(IsapiErrorCode.badChallenge, 'the device asks for a sign-in that is not digest with MD5 or SHA-256', { details: { challenge: headers.join(', ').slice(0, 300) } }) // prettier-ignore
  return best
}

/** Value of `Authorization`. RFC 7616 §3.4. */
export function digestAuthorization(challenge: DigestChallenge, request: DigestRequest): string {
  const { realm, nonce, opaque, qop, algorithm, namesAlgorithm } = challenge
  const { method, uri, user, password, cnonce, count } = request
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex')
  const secret = hash(`${user}:${realm}:${password}`)
  const what = hash(`${method}:${uri}`)
  const nc = count.toString(16).padStart(8, '0')
  const response = hash(
    qop ? `${secret}:${nonce}:${nc}:${cnonce}:auth:${what}` : `${secret}:${nonce}:${what}`,
  )
  const fields = [
    `username="${quoted(user)}"`,
    `realm="${quoted(realm)}"`,
    `nonce="${quoted(nonce)}"`,
    `uri="${quoted(uri)}"`,
    `response="${response}"`,
    ...(namesAlgorithm ? [`algorithm=${algorithm}`] : []),
    ...(qop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
    ...(opaque === null ? [] : [`opaque="${quoted(opaque)}"`]),
  ]
  return `Digest ${fields.join(', ')}`
}

/** One header may hold several challenges: each begins with a scheme that no `=` follows. */
function splitChallenges(header: string): string[] {
  return header.split(/,?\s*(?=\b(?:Digest|Basic|Bearer)\s)/i).filter((text) => text !== '')
}

function challengeOf(text: string): DigestChallenge[] {
  const scheme = /^Digest\s+/i.exec(text)
  if (!scheme) return []
  const fields = new Map<string, string>()
  for (const [, name, quotedText, token] of text.slice(scheme[0].length).matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g))
    fields.set(name!.toLowerCase(), quotedText?.replace(/\\(.)/g, '$1') ?? token ?? '')
  const realm = fields.get('realm')
  const nonce = fields.get('nonce')
  const algorithm = (fields.get('algorithm') ?? 'MD5').toUpperCase()
  const qops = fields.get('qop')?.split(',').map((word) => word.trim().toLowerCase())
  if (realm === undefined || nonce === undefined || (qops && !qops.includes('auth'))) return []
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return []
  return [{ realm, nonce, opaque: fields.get('opaque') ?? null, qop: qops !== undefined, algorithm, namesAlgorithm: fields.has('algorithm'), stale: fields.get('stale')?.toLowerCase() === 'true' }]
} // prettier-ignore

function quoted(text: string): string {
  return text.replace(/["\\]/g, '\\$&')
}

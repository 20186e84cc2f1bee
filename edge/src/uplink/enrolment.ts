/** Trades the one-time token for the gateway's own credentials. */
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { AppError, EnrolResponse, type EnrolRequest } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import { certificatesOf, fingerprintOf } from './certificate.ts'
import { authorities, checkPlainHttp, findPinned } from './hub-trust.ts'

/** Where the hub is, and by what it is known. */
export interface HubAddress {
  readonly url?: string | undefined
  readonly enrolmentToken?: string | undefined
  /** SHA-256 of the hub's CA, hexadecimal. */
  readonly caSha256?: string | undefined
  /** PEM file with a CA of one's own. */
  readonly caFile?: string | undefined
  readonly allowPlainHttp?: boolean | undefined
}

/** The hub answers in this time or the attempt has failed. */
const TIMEOUT_MS = 10_000
/** No enrolment is longer. */
const MAX_ANSWER_BYTES = 256 * 1024
/** Answers that say "not with this token"; anything else may pass and is tried again. */
const REFUSALS = [400, 401, 403, 409, 410, 422]

/**
 * @throws AppError `edge.enrolment_refused` (a new token is needed), `edge.enrolment_insecure`, `edge.hub_untrusted`
 * (a person has to change the site file; the token was not shown), `edge.enrolment_failed` (try again later).
 */
export async function enrol(
  hub: HubAddress & { readonly url: string },
  request: EnrolRequest,
  signal: AbortSignal,
): Promise<EnrolResponse> {
  const url = new URL('/api/edge/enrol', hub.url)
  await checkPlainHttp(url, hub.allowPlainHttp ?? false)
  const { status, body } = await post(url, request, await trustOf(url, hub), signal)
  if (REFUSALS.includes(status)) {
    throw new AppError(errorCodes.enrolmentRefused, `the hub refused the enrolment token (HTTP ${status})`)
  }
  const parsed = EnrolResponse.safeParse(status === 200 ? parseJson(body) : null)
  if (!parsed.success) {
    throw new AppError(errorCodes.enrolmentFailed, `${hub.url} gave no enrolment (HTTP ${status})`)
  }
  checkPin(parsed.data, hub)
  return parsed.data
}

/** CAs for https; undefined: those of the system, or plain http. */
async function trustOf(url: URL, { caSha256, caFile }: HubAddress): Promise<string[] | undefined> {
  if (url.protocol !== 'https:') return undefined
  if (caSha256 !== undefined) return [await findPinned(url, caSha256, TIMEOUT_MS)]
  return caFile === undefined ? undefined : authorities(readCa(caFile))
}

/** @throws AppError `edge.credentials_unreadable`. */
export function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new AppError(errorCodes.credentialsUnreadable, `hub.caFile: ${file} cannot be read: ${reason}`, { cause }) // prettier-ignore
  }
}

/** Over plain http somebody could have put a CA of his own into the answer; the fingerprint tells. */
function checkPin({ tls }: EnrolResponse, { caSha256, url }: HubAddress): void {
  if (!tls || caSha256 === undefined || url?.startsWith('https:')) return
  if (certificatesOf(tls.ca).some((certificate) => fingerprintOf(certificate) === caSha256)) return
  throw new AppError(errorCodes.hubUntrusted, `${url} answered with another CA than that of hub.caSha256`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function post(url: URL, body: object, ca: string[] | undefined, signal: AbortSignal): Promise<{ status: number; body: string }> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(new AppError(errorCodes.enrolmentFailed, `${url.origin} cannot be reached${trustWords(cause)}`, { cause }))
    const outgoing = send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      // A pinned certificate may stand below a root that is not known here.
      ...(ca ? { ca, allowPartialTrustChain: true } : {}),
      agent: false,
    })
    outgoing.on('error', fail)
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too long'))
      })
      response.on('error', fail)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    outgoing.end(JSON.stringify(body))
  })
} // prettier-ignore

/** Words for a certificate that is not believed: the cure is in the site file. */
function trustWords(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  if (/NOT_YET_VALID|HAS_EXPIRED/.test(code))
    return `: by this clock its certificate is not valid (${code}); is the clock right?`
  if (!/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code)) return ''
  return `: its certificate is not trusted (${code}); set hub.caSha256 to the fingerprint that the hub shows`
}

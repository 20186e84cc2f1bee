/** One request to a receiver: to addresses that were looked at, in a limited time, without following redirects. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupAddress } from 'node:dns'
import { shortText } from '../notify/adapters/adapter.ts'
import { lookupAmong } from './address-guard.ts'
import { WebhookFault } from './reasons.ts'

export const TIMEOUT_MS = 15_000
/** So much of an answer is read, and the beginning of it kept. */
const MOST_READ_BYTES = 16 * 1024
const MOST_KEPT_CHARACTERS = 500

export interface Answer {
  readonly status: number
  /** Its beginning. */
  readonly body: string
}

/** @throws WebhookFault for everything but an answer 2xx */
export async function post(
  url: URL,
  message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  addresses: readonly LookupAddress[],
  timeoutMs = TIMEOUT_MS,
): Promise<Answer> {
  const deadline = AbortSignal.timeout(timeoutMs)
  try {
    const answer = await send(url, message, addresses, deadline)
    if (answer.status >= 200 && answer.status <= 299) return answer
    throw refused(answer)
  } catch (error) {
    if (error instanceof WebhookFault) throw error
    if (deadline.aborted) {
      throw new WebhookFault({ code: 'webhook.too_slow', seconds: timeoutMs / 1000 }, { cause: error })
    }
    throw new WebhookFault({ code: 'webhook.unreachable', fault: shortText(error) }, { cause: error })
  }
}

function refused({ status, body }: Answer): WebhookFault {
  if (status === 410) return new WebhookFault({ code: 'webhook.gone' }, { status, body, permanent: true })
  const code = status >= 300 && status <= 399 ? 'webhook.redirect' : 'webhook.refused'
  return new WebhookFault({ code, status }, { status, body })
}

function send(
  url: URL,
  { headers, body }: Parameters<typeof post>[1],
  addresses: readonly LookupAddress[],
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      lookup: lookupAmong(addresses),
      // A connection of its own, which ends with the answer: none is kept to an address that may be forbidden by then
      agent: false,
      signal,
    })
    request.once('error', reject)
    request.once('response', (response) => {
      beginningOf(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, body: text }),
        (error: unknown) => reject(error as Error),
      )
    })
    request.end(body)
  })
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response) {
    parts.push(part as Buffer)
    size += (part as Buffer).length
    if (size >= MOST_READ_BYTES) break
  }
  response.destroy()
  const text = Buffer.concat(parts).toString('utf8').replaceAll('\0', '\u{fffd}')
  return text.slice(0, MOST_KEPT_CHARACTERS).toWellFormed()
}

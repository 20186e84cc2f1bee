/** Any provider with an HTTP interface: what to send and how to read the answer are settings. */
import type { HttpGatewaySettings } from '@courtyard/protocols/contract'
import { SendFault, shortText, type ChannelAdapter, type Outgoing } from './adapter.ts'

export const PROVIDER_TIMEOUT_MS = 15_000
/** An answer is a few lines; more is not read. */
const MOST_ANSWER_CHARACTERS = 64 * 1024

export function httpAdapter(settings: HttpGatewaySettings, secret: string | null): ChannelAdapter {
  return async (message) => {
    const values = valuesOf(message, secret)
    const json = settings.contentType === 'application/json'
    const body = fill(settings.body, values, json ? jsonQuoted : encodeURIComponent, json)
    const headers = settings.headers.map(
      ({ name, value }) => [name, fill(value, values, headerSafe, false)] as const,
    )
    const answer = await requestText(fill(settings.url, values, encodeURIComponent, false), {
      method: settings.method,
      headers: {
        'idempotency-key': message.id,
        'content-type': settings.contentType,
        ...Object.fromEntries(headers),
      },
      ...(settings.method === 'GET' ? {} : { body }),
    })
    const quoted = secret === null ? answer.text : answer.text.replaceAll(secret, '***')
    if (answer.status < 200 || answer.status > 299) {
      const fault = shortText(`${answer.status} ${quoted}`)
      throw new SendFault({ code: 'message.refused', fault }, isPermanent(answer.status))
    }
    const content = jsonOf(answer.text)
    if (settings.successPath && valueAt(content, settings.successPath) !== settings.successValue) {
      throw new SendFault({ code: 'message.refused', fault: shortText(quoted) }, false)
    }
    return { providerId: settings.idPath ? valueAt(content, settings.idPath) : null }
  }
}

/** The request itself is wrong, not the moment, the key or the amount. */
function isPermanent(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 409, 425, 429].includes(status)
}

function valuesOf(message: Outgoing, secret: string | null): Record<string, string> {
  return {
    ...message.variables,
    id: message.id,
    to: message.address,
    subject: message.subject,
    body: message.body,
    link: message.link ?? '',
    code: message.providerCode ?? '',
    secret: secret ?? '',
    variables: JSON.stringify(message.variables),
  }
}

/** `{variables}` in a body of JSON is an object of its own; elsewhere it is quoted like the rest. */
function fill(
  pattern: string,
  values: Readonly<Record<string, string>>,
  quote: (text: string) => string,
  json: boolean,
): string {
  return pattern.replaceAll(/("?)\{(\w+)\}("?)/g, (part, before: string, name: string, after: string) => {
    const value = values[name]
    if (value === undefined) return part
    if (json && name === 'variables' && before === '' && after === '') return value
    return before + quote(value) + after
  })
}

const jsonQuoted = (text: string) => JSON.stringify(text).slice(1, -1)
const headerSafe = (text: string) => text.replaceAll(/[\r\n]/g, ' ')

/** @throws SendFault when nobody answers in time */
export async function requestText(
  url: string,
  init: RequestInit,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    // A redirect would carry the key to somebody else
    const signal = AbortSignal.timeout(PROVIDER_TIMEOUT_MS)
    const answer = await fetch(url, { ...init, redirect: 'manual', signal })
    return { status: answer.status, text: (await answer.text()).slice(0, MOST_ANSWER_CHARACTERS) }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new SendFault({ code: 'message.unreachable', fault: shortText(cause) }, false, error)
  }
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

/** Text of what stands at `a.b.0.c`; null when nothing does. */
export function valueAt(content: unknown, path: string): string | null {
  let at = content
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return null
    at = (at as Record<string, unknown>)[name]
  }
  return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean' ? String(at) : null
}

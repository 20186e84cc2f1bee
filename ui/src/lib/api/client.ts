/**
 * The typed way to the hub. Types come from the shared contract as types only, so no schema code reaches
 * the browser: `call('GET /api/bills/:id', { params: { id } })`.
 */
import type {
  ErrorBody,
  RouteBody,
  RouteKey,
  RouteParams,
  RouteQuery,
  RouteResponse,
  ApiRoutes,
} from '@courtyard/protocols/contract'
import { getLocale } from '#lib/paraglide/runtime.js'
import { ApiError } from './api-error.ts'

type Part<K extends RouteKey, Name extends string, T> = ApiRoutes[K] extends { readonly [Q in Name]: unknown }
  ? T
  : never
type QueryOf<K extends RouteKey> = Part<K, 'query', RouteQuery<K>>

/** Parts that a route has and the caller must give; a query is optional when all of it is. */
export type CallInput<K extends RouteKey> = ([Part<K, 'params', RouteParams<K>>] extends [never]
  ? unknown
  : { params: { [P in keyof RouteParams<K>]: string | number } }) &
  ([QueryOf<K>] extends [never]
    ? unknown
    : Record<string, never> extends QueryOf<K>
      ? { query?: QueryOf<K> }
      : { query: QueryOf<K> }) &
  ([Part<K, 'body', RouteBody<K>>] extends [never] ? unknown : { body: RouteBody<K> }) &
  ([Part<K, 'csv', true>] extends [never] ? unknown : { csv: string }) & { signal?: AbortSignal }

export type LooseInput = {
  params?: Record<string, string | number>
  query?: Record<string, unknown>
  body?: unknown
  csv?: string
  signal?: AbortSignal
}

/**
 * Where the hub is (empty: where the page came from), the token that every write carries, and what to do when
 * the session has ended. Set by the session.
 */
export const connection: { origin: string; csrfToken: string | null; onSignedOut: () => void } = {
  origin: '',
  csrfToken: null,
  onSignedOut: () => undefined,
}

/** Path and query of a route with its parameters filled in. */
export function addressOf(key: string, params: LooseInput['params'], query: LooseInput['query']): string {
  const path = key
    .slice(key.indexOf(' ') + 1)
    .replaceAll(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(String(params?.[name] ?? '')))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  return search.size > 0 ? `${path}?${search}` : path
}

function requestOf(method: string, input: LooseInput): RequestInit {
  const headers: Record<string, string> = {
    accept: 'application/json',
    // The hub says why it refused a field or a cell in the language of the person.
    'accept-language': getLocale(),
  }
  if (method !== 'GET' && connection.csrfToken) headers['x-csrf-token'] = connection.csrfToken
  if (input.csv !== undefined) headers['content-type'] = 'text/csv'
  else if (input.body !== undefined) headers['content-type'] = 'application/json'
  const body = input.csv ?? (input.body === undefined ? undefined : JSON.stringify(input.body))
  return {
    method,
    headers,
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body }),
    ...(input.signal ? { signal: input.signal } : {}),
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text()
  try {
    return new ApiError(response.status, (JSON.parse(text) as ErrorBody).error)
  } catch {
    return new ApiError(response.status, { code: `http.${response.status}`, message: response.statusText })
  }
}

/**
 * Sends one request (`'PATCH /api/lost-items/:id'`) and gives the JSON of the answer: for routes that are made from
 * a declaration and so have no type of their own here. Everything else goes through `call`.
 * @throws ApiError with the hub's code and field issues; code `network` when the hub did not answer.
 *   An aborted request rejects with the browser's AbortError.
 */
export async function send(key: string, input: LooseInput = {}): Promise<unknown> {
  return (await ask(key, addressOf(key, input.params, input.query), input)).json()
}

/** A file of the hub by its address, whole. @throws as `send` */
export function fetchFile(address: string, signal?: AbortSignal): Promise<Response> {
  return ask(`GET ${address}`, address, signal ? { signal } : {})
}

async function ask(key: string, address: string, input: LooseInput): Promise<Response> {
  const method = key.slice(0, key.indexOf(' '))
  let response: Response
  try {
    response = await fetch(connection.origin + address, requestOf(method, input))
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, { code: 'network', message: 'network' })
  }
  // Readiness answers 503 with a body that is still its answer.
  if (response.ok || (key === 'GET /api/health' && response.status === 503)) return response
  const error = await errorOf(response)
  if (response.status === 401 && !key.includes('/api/auth/') && !key.includes('/api/setup'))
    connection.onSignedOut()
  throw error
}

/** Calls a route of the contract; fails as `send` does. */
export async function call<K extends RouteKey>(
  key: K,
  ...[input]: Record<string, never> extends CallInput<K> ? [CallInput<K>?] : [CallInput<K>]
): Promise<RouteResponse<K>> {
  return (await send(key, (input ?? {}) as LooseInput)) as RouteResponse<K>
}

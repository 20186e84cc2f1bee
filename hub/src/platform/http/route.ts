import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, FastifySchema, FastifySchemaCompiler, HTTPMethods } from 'fastify'
import {
  ErrorBody,
  apiRoutes,
  type ApiRoutes,
  type Permission,
  type RouteContract,
  type RouteKey,
} from '@courtyard/protocols/contract'
import type * as z from 'zod'
import { auditActorOfKey } from '../api-keys/api-keys.ts'
import { requireKey } from '../api-keys/key-access.ts'
import { auditAs, type Audit, type AuditActor } from '../audit/audit.ts'
import { isPermission } from '../auth/permissions.ts'
import { auditActorOf, type ActiveSession } from '../auth/sessions.ts'
import { hasPermission, type CurrentUser } from '../auth/user.ts'
import { fail, platformErrors } from '../errors.ts'
import type { Hub, HubApp } from '../module.ts'
import { languageOf } from '../reasons/language.ts'
import { say, type Language, type Reason } from '../reasons/reason.ts'
import { checkOrigin, checkToken } from './csrf.ts'
import { routeLimit } from './rate-limits.ts'
import { validatorCompiler } from './validation.ts'

type Part<K extends RouteKey, P extends 'params' | 'query' | 'body'> = ApiRoutes[K] extends {
  readonly [Q in P]: infer S extends z.ZodType
}
  ? z.output<S>
  : undefined
/** Body: as the schema gives it; the text of a CSV; a file as a stream; else undefined. */
type Body<K extends RouteKey> = ApiRoutes[K] extends { readonly csv: true }
  ? string
  : ApiRoutes[K] extends { readonly bytes: true }
    ? Readable
    : Part<K, 'body'>
/** What a handler returns: the response before the schema's defaults are filled in. */
export type RouteAnswer<K extends RouteKey> = z.input<ApiRoutes[K]['response']>

interface CallBase<K extends RouteKey> {
  readonly params: Part<K, 'params'>
  readonly query: Part<K, 'query'>
  readonly body: Body<K>
  readonly audit: Audit
  /** Who is written into the audit trail. */
  readonly actor: AuditActor
  readonly language: Language
  /** A reason in the language of the person who reads the answer. */
  readonly say: (reason: Reason) => string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly hub: Hub
}

/** What a handler works with, checked and typed by the contract. */
export interface SignedInCall<K extends RouteKey> extends CallBase<K> {
  readonly user: CurrentUser
  /** Of a person: API keys have none, and get no further than to routes that ask for a permission. */
  readonly session: ActiveSession
}
export interface PublicCall<K extends RouteKey> extends CallBase<K> {
  readonly user: null
  readonly session: null
}

/** A permission; the word `signedIn`: any session; null: no session needed; else the name of a door. */
export type Access = Permission | null

/** Sessions of another kind than those of staff. @throws AppError `auth.no_session` for who has none */
export type Door = (request: FastifyRequest) => Promise<void>

export interface RouteOptions<A extends Access> {
  readonly permission: A
  /** Refused to API keys, and while an administrator acts as somebody else: what counts as a person's own word. */
  readonly ownWord?: boolean
  /** Open to API keys although it asks for no permission: it narrows what it shows by other permissions. */
  readonly forKeys?: boolean
  /** Most requests per minute of one user, key or stranger's address; beside the general limit. */
  readonly perMinute?: number
  /** Most bytes of a body; default 1 MiB, for CSV 10 MiB. */
  readonly bodyLimit?: number
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every contract route that was registered and what it asks for: tests walk it. */
    readonly routeAccess: {
      readonly routeKey: RouteKey
      readonly access: Access
      /** Whether API keys get there. */
      readonly keys: boolean
    }[]
    /** Routes that were made with `routeOf`. */
    readonly madeRoutes: {
      readonly routeKey: string
      readonly access: Access
      readonly keys: boolean
      readonly contract: RouteContract
    }[]
    /** By name; routes that ask for one know nothing of staff sessions. */
    readonly doors: Map<string, Door>
  }
  interface FastifyRequest {
    session: ActiveSession | null
  }
}

/**
 * Registers a route of the contract: its schemas give types, validation, serialisation and OpenAPI; session,
 * permission and CSRF are checked before the body is even looked at.
 * @throws for a permission that no module has registered
 */
export function route<K extends RouteKey, A extends Access>(
  app: HubApp,
  key: K,
  options: RouteOptions<A>,
  handler: (call: A extends null ? PublicCall<K> : SignedInCall<K>) => Promise<RouteAnswer<K>>,
): void {
  const contract: RouteContract = apiRoutes[key]
  app.routeAccess.push({ routeKey: key, access: options.permission, keys: isForKeys(options) })
  addRoute(app, key, contract, options, (call) => handler(call as never))
}

/** A call of a route that is made at run time, so that its parts have no types of their own. */
export interface OpenCall extends Omit<SignedInCall<RouteKey>, 'params' | 'query' | 'body'> {
  readonly params: never
  readonly query: never
  readonly body: never
}

/**
 * Like `route`, for a contract that is not in the table of the product, such as those of resources. `checksBody: false`
 * leaves the body to the handler; its schema is then only for OpenAPI.
 */
export function routeOf(
  app: HubApp,
  key: string,
  contract: RouteContract,
  options: RouteOptions<string> & { readonly checksBody?: boolean },
  handler: (call: OpenCall) => Promise<unknown>,
): void {
  app.madeRoutes.push({ routeKey: key, access: options.permission, keys: isForKeys(options), contract })
  addRoute(app, key, contract, options, (call) => handler(call as never))
}

function addRoute(
  app: HubApp,
  key: string,
  contract: RouteContract,
  options: RouteOptions<Access> & { readonly checksBody?: boolean },
  handler: (call: ReturnType<typeof callOf>) => Promise<unknown>,
): void {
  const [method, url] = key.split(' ') as [HTTPMethods, string]
  requireKnown(app, key, options.permission)
  app.route({
    method,
    url,
    schema: schemaOf(contract, url),
    ...(options.checksBody === false
      ? { validatorCompiler: exceptBody as FastifySchemaCompiler<FastifySchema> }
      : {}),
    bodyLimit: options.bodyLimit ?? (contract.csv ? 10 : 1) * 1024 * 1024,
    onRequest: [
      ...(options.perMinute ? [routeLimit(app, options.perMinute)] : []),
      async (request) => authorise(request, options),
    ],
    handler: async (request, reply) => {
      if (contract.csv) requireText(request)
      return handler(callOf(app.hub, request, reply))
    },
  })
}

/** What keys have of their own accord is nothing: they get where a permission is asked for. */
function isForKeys({ permission, ownWord, forKeys }: RouteOptions<Access>): boolean {
  if (permission === null || ownWord) return false
  return forKeys === true || isPermission(permission)
}

const exceptBody: FastifySchemaCompiler<z.ZodType> = (part) =>
  part.httpPart === 'body' ? (value: unknown) => ({ value }) : validatorCompiler(part)

function requireKnown(app: HubApp, key: string, access: Access): void {
  if (access === null || access === 'signedIn' || isPermission(access) || app.doors.has(access)) return
  throw new Error(`${key} asks for ${access}, which no module has registered as a permission`)
}

function schemaOf(contract: RouteContract, url: string) {
  return {
    summary: contract.summary,
    tags: [url.split('/')[2] ?? 'api'],
    ...(contract.params ? { params: contract.params } : {}),
    ...(contract.query ? { querystring: contract.query } : {}),
    ...(contract.body ? { body: contract.body } : {}),
    ...(contract.csv ? { consumes: ['text/csv'] } : {}),
    ...(contract.bytes ? { consumes: ['application/octet-stream'] } : {}),
    response: { 200: contract.response, '4xx': ErrorBody },
  }
}

async function authorise(request: FastifyRequest, options: RouteOptions<Access>): Promise<void> {
  const { permission: access, ownWord } = options
  // A browser sends no key by itself: there is nothing that another site could misuse
  if (!request.apiKey) checkOrigin(request)
  if (access === null) return
  const door = request.server.doors.get(access)
  if (door) return door(request)
  if (request.apiKey !== null) {
    requireKey(request, isForKeys(options) ? access : null)
    return
  }
  if (!request.session) throw fail(platformErrors.noSession, 'Sign in first')
  checkToken(request, request.session.csrfToken)
  if (access !== 'signedIn' && !hasPermission(request.session.user, access)) {
    throw fail(platformErrors.forbidden, 'Your role may not do this', { permission: access })
  }
  if (ownWord && request.session.actor) {
    throw fail(platformErrors.acting, 'Not while you act as somebody else; return to your own account first')
  }
}

function requireText(request: FastifyRequest): void {
  if (typeof request.body === 'string' && request.body.trim() !== '') return
  throw fail(platformErrors.unsupportedMedia, 'Send the file as text/csv in the body of the request')
}

function callOf(hub: Hub, request: FastifyRequest, reply: FastifyReply) {
  const session = request.session
  const language = languageOf(request.headers['accept-language'])
  const key = request.apiKey === false ? null : request.apiKey
  const actor: AuditActor = {
    ...(key ? auditActorOfKey(key) : session ? auditActorOf(session) : { userId: null, actor: 'anonymous' }),
    ip: request.ip,
    requestId: request.id,
  }
  return {
    params: request.params,
    query: request.query,
    body: request.body,
    user: key?.user ?? session?.user ?? null,
    session,
    request,
    reply,
    hub,
    say: (reason: Reason) => say(reason, language),
    audit: auditAs(actor),
    actor,
    language,
  }
}

import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LIVE_PATH, type LiveEvents, type Permission } from '@courtyard/protocols/contract'
import * as z from 'zod'
import { requireKey } from '../api-keys/key-access.ts'
import { hasPermission, inScope, inWholeProject, requireProject, type CurrentUser } from '../auth/user.ts'
import { fail, invalidInput, platformErrors } from '../errors.ts'
import type { HubApp } from '../module.ts'
import type { LiveScope, NarrowedEvent } from '../live/live-bus.ts'
import { reasonOfIssue, withInput } from '../reasons/zod-reason.ts'

const HEARTBEAT_MS = 15_000
/** A browser that has not taken this much is too slow: it is let go and connects anew. */
const MOST_UNSENT_BYTES = 256 * 1024
/** Streams of one person, or of one key. */
const MOST_EACH = 20

const LiveQuery = z.object({
  projectId: z.uuid().optional(),
  devices: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter(Boolean))
    .pipe(z.array(z.uuid()).max(500)),
})

declare module 'fastify' {
  interface FastifyInstance {
    /** Open streams of server-sent events. */
    readonly liveStreams: ReadonlySet<ServerResponse>
  }
}

/**
 * `GET /api/live`: server-sent events of what the person may see. An API key is told of what it has a permission for;
 * what is meant for one person (messages, tasks) is not for keys.
 */
export function addLiveRoute(app: HubApp): void {
  const openBy = new Map<string, number>()
  const streams = new Set<ServerResponse>()
  app.decorate('liveStreams', streams)
  // Streams never end by themselves: without this the server would not close
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.end()
  })
  app.get(LIVE_PATH, { schema: { hide: true } }, async (request, reply) => {
    const listener = listenerOf(request)
    const { user } = listener
    const query = LiveQuery.safeParse(request.query, withInput)
    if (!query.success) {
      const issues = query.error.issues.map((issue) => ({
        path: issue.path.join('.'),
        reason: reasonOfIssue(issue),
      }))
      throw invalidInput('The input is not valid', issues)
    }
    if (query.data.projectId) requireProject(user, query.data.projectId)
    if (query.data.devices.length > 0 && !hasPermission(user, 'devices.read')) {
      throw fail(platformErrors.forbidden, 'Your role may not do this', { permission: 'devices.read' })
    }
    const who = user.keyId ?? user.id
    const open = openBy.get(who) ?? 0
    if (open >= MOST_EACH) throw fail(platformErrors.liveTooMany, 'Too many open pages')
    const points = await app.hub.live.resolvePoints(query.data.devices, user)
    openBy.set(who, (openBy.get(who) ?? 0) + 1)
    streams.add(reply.raw)
    const interest = { user, projectId: query.data.projectId ?? null, points }
    streamEvents(app, request, reply, interest, listener.isAlive, () => {
      streams.delete(reply.raw)
      const left = (openBy.get(who) ?? 1) - 1
      if (left > 0) openBy.set(who, left)
      else openBy.delete(who)
    })
    return reply
  })
}

interface Listener {
  readonly user: CurrentUser
  /** With the rights that it had. */
  readonly isAlive: () => Promise<boolean>
}

/** @throws AppError `auth.no_session`, `auth.bad_key` */
function listenerOf(request: FastifyRequest): Listener {
  const { session, apiKey, server } = request
  if (apiKey !== null) {
    const key = requireKey(request, 'signedIn')
    return { user: key.user, isAlive: () => server.apiKeys.isAlive(key) }
  }
  if (!session) throw fail(platformErrors.noSession, 'Sign in first')
  return { user: session.user, isAlive: () => server.sessions.isAlive(session) }
}

interface Interest {
  readonly user: CurrentUser
  readonly projectId: string | null
  readonly points: readonly number[]
}

function streamEvents(
  app: HubApp,
  request: FastifyRequest,
  reply: FastifyReply,
  interest: Interest,
  isAlive: () => Promise<boolean>,
  whenClosed: () => void,
): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    // A stream's connection serves nothing afterwards: kept open it would hold up the stop of the hub
    connection: 'close',
  })
  raw.write(': connected\n\n')
  const watched = new Set(interest.points)
  const send = (text: string) => {
    if (raw.writableEnded || raw.destroyed) return
    if (raw.writableLength > MOST_UNSENT_BYTES) raw.destroy()
    else raw.write(text)
  }
  const visibleOf = <E extends NarrowedEvent>(event: E, data: LiveEvents[E], scope: LiveScope) => {
    const part = partOf(interest, permissionOf[event], scope)
    if (part === 'some') return app.hub.live.narrow(event, data, interest.user)
    return part === 'all' ? data : null
  }
  const unwatch = app.hub.live.watch(interest.points)
  const unsubscribe = app.hub.live.subscribe((event, data, scope) => {
    const visible =
      event === 'values'
        ? onlyWatched(data as LiveEvents['values'], watched)
        : visibleOf(event, data as LiveEvents[NarrowedEvent], scope)
    void Promise.resolve(visible).then(
      (shown) => shown && send(`event: ${event}\ndata: ${JSON.stringify(shown)}\n\n`),
      (error: unknown) => request.log.warn({ err: error }, 'a live event could not be narrowed'),
    )
  })
  const heartbeat = setInterval(() => void beat(request, isAlive, send, () => raw.end()), HEARTBEAT_MS)
  raw.once('close', () => {
    clearInterval(heartbeat)
    unsubscribe()
    unwatch()
    whenClosed()
  })
}

/** A session or key that has ended meanwhile (sign-out, disabled), or has other rights, ends its stream too. */
async function beat(
  request: FastifyRequest,
  isAlive: () => Promise<boolean>,
  send: (text: string) => void,
  end: () => void,
): Promise<void> {
  try {
    if (await isAlive()) send(': alive\n\n')
    else end()
  } catch (error) {
    // The database is away for a moment: the stream stays
    request.log.debug({ err: error }, 'who listens to a live stream could not be checked')
    send(': alive\n\n')
  }
}

/** Who may not read a thing isn't told of its changes either. */
/** Null: everybody who is signed in. */
const permissionOf: Record<NarrowedEvent, Permission | null> = {
  gateways: 'gateways.read',
  usage: 'metering.read',
  billRun: 'charging.read',
  events: 'events.read',
  command: 'commands.read',
  gatewayConfig: 'gateways.read',
  call: 'cti.call',
  messages: null,
  settings: null,
  tasks: null,
  printing: null,
}

/** How much of what happens there concerns the person. */
function partOf(
  interest: Interest,
  permission: Permission | null,
  { projectId, userId }: LiveScope,
): 'all' | 'some' | 'none' {
  const { user } = interest
  const isKey = user.keyId !== undefined
  if (userId !== undefined && (isKey || userId !== user.id)) return 'none'
  if (permission === null) return isKey ? 'none' : 'all'
  if (!hasPermission(user, permission)) return 'none'
  if (projectId === null) return 'all'
  if (interest.projectId !== null && interest.projectId !== projectId) return 'none'
  if (inWholeProject(user, projectId, permission)) return 'all'
  return inScope(user, projectId, permission) ? 'some' : 'none'
}

function onlyWatched(data: LiveEvents['values'], watched: ReadonlySet<number>): LiveEvents['values'] | null {
  const values = data.values.filter((value) => watched.has(value.pointId))
  return values.length > 0 ? { values } : null
}

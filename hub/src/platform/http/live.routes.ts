import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LIVE_PATH, type LiveEvents, type Permission } from '@courtyard/protocols/contract'
import * as z from 'zod'
import type { ActiveSession } from '../auth/sessions.ts'
import { hasPermission, inScope, inWholeProject, requireProject, type CurrentUser } from '../auth/user.ts'
import { fail, invalidInput, platformErrors } from '../errors.ts'
import type { HubApp } from '../module.ts'
import type { LiveScope, NarrowedEvent } from '../live/live-bus.ts'
import { reasonOfIssue, withInput } from '../reasons/zod-reason.ts'

const HEARTBEAT_MS = 15_000
/** A browser that has not taken this much is too slow: it is let go and connects anew. */
const MOST_UNSENT_BYTES = 256 * 1024
const MOST_PER_USER = 20

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

/** `GET /api/live`: server-sent events of what the person may see. */
export function addLiveRoute(app: HubApp): void {
  const openByUser = new Map<string, number>()
  const streams = new Set<ServerResponse>()
  app.decorate('liveStreams', streams)
  // Streams never end by themselves: without this the server would not close
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.end()
  })
  app.get(LIVE_PATH, { schema: { hide: true } }, async (request, reply) => {
    const { session } = request
    if (!session) throw fail(platformErrors.noSession, 'Sign in first')
    const query = LiveQuery.safeParse(request.query, withInput)
    if (!query.success) {
      const issues = query.error.issues.map((issue) => ({
        path: issue.path.join('.'),
        reason: reasonOfIssue(issue),
      }))
      throw invalidInput('The input is not valid', issues)
    }
    if (query.data.projectId) requireProject(session.user, query.data.projectId)
    const open = openByUser.get(session.user.id) ?? 0
    if (query.data.devices.length > 0 && !hasPermission(session.user, 'devices.read')) {
      throw fail(platformErrors.forbidden, 'Your role may not do this', { permission: 'devices.read' })
    }
    if (open >= MOST_PER_USER) throw fail(platformErrors.liveTooMany, 'Too many open pages')
    const points = await app.hub.live.resolvePoints(query.data.devices, session.user)
    openByUser.set(session.user.id, open + 1)
    streams.add(reply.raw)
    streamEvents(
      app,
      request,
      reply,
      { user: session.user, projectId: query.data.projectId ?? null, points },
      () => {
        streams.delete(reply.raw)
        const left = (openByUser.get(session.user.id) ?? 1) - 1
        if (left > 0) openByUser.set(session.user.id, left)
        else openByUser.delete(session.user.id)
      },
    )
    return reply
  })
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
  const heartbeat = setInterval(() => void beat(app, request, send, () => raw.end()), HEARTBEAT_MS)
  raw.once('close', () => {
    clearInterval(heartbeat)
    unsubscribe()
    unwatch()
    whenClosed()
  })
}

/** A session that has ended meanwhile (sign-out, disabled), or has other rights, ends its stream too. */
async function beat(
  app: HubApp,
  request: FastifyRequest,
  send: (text: string) => void,
  end: () => void,
): Promise<void> {
  try {
    const alive = await app.sessions.isAlive(request.session as ActiveSession)
    if (alive) send(': alive\n\n')
    else end()
  } catch (error) {
    // The database is away for a moment: the stream stays
    request.log.debug({ err: error }, 'session of a live stream could not be checked')
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
  if (userId !== undefined && userId !== user.id) return 'none'
  if (permission === null) return 'all'
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

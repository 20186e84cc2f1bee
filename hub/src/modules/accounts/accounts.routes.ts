import type { FastifyRequest } from 'fastify'
import { route } from '../../platform/http/route.ts'
import { clearSessionCookie, setSessionCookie } from '../../platform/http/session-cookie.ts'
import type { HubApp, HubModule } from '../../platform/module.ts'
import { actAs, returnToSelf } from './act-as.service.ts'
import { isSetupNeeded, setUp } from './setup.service.ts'
import { SignInService, type Visitor } from './sign-in.service.ts'
import { changeUser, createUser, getUser, listUsers } from './users.service.ts'

/** Guessing passwords is slow work: tries per minute and address. */
const SIGN_INS_PER_MINUTE = 20
const SETUPS_PER_MINUTE = 10
const SESSION_CLEANING_MS = 3_600_000

export const accountsModule: HubModule = {
  name: 'accounts',
  routes(app) {
    const signIn = new SignInService(app.hub, app.sessions)
    addSetupRoutes(app, signIn)
    addSessionRoutes(app, signIn)
    addActingRoutes(app, signIn)
    addUserRoutes(app)
    cleanSessions(app)
  },
}

function addSetupRoutes(app: HubApp, signIn: SignInService): void {
  route(app, 'GET /api/setup', { permission: null }, async ({ hub }) => ({
    needed: await isSetupNeeded(hub),
  }))
  route(
    app,
    'POST /api/setup',
    { permission: null, perMinute: SETUPS_PER_MINUTE },
    async ({ hub, body, request, reply }) => {
      const { secret, session } = await setUp(hub, signIn, body, visitorOf(request))
      setSessionCookie(request, reply, secret)
      return session
    },
  )
}

function addSessionRoutes(app: HubApp, signIn: SignInService): void {
  route(
    app,
    'POST /api/auth/sign-in',
    { permission: null, perMinute: SIGN_INS_PER_MINUTE },
    async ({ body, request, reply }) => {
      const { secret, session } = await signIn.signIn(body.username, body.password, visitorOf(request))
      setSessionCookie(request, reply, secret)
      return session
    },
  )
  route(app, 'GET /api/auth/session', { permission: 'signedIn' }, async ({ session }) =>
    signIn.describe(session),
  )
  route(
    app,
    'POST /api/auth/sign-out',
    { permission: 'signedIn' },
    async ({ session, request, reply, audit }) => {
      await signIn.signOut(session, audit)
      clearSessionCookie(request, reply)
      return { ok: true as const }
    },
  )
  route(
    app,
    'POST /api/auth/password',
    { permission: 'signedIn', ownWord: true, perMinute: SIGN_INS_PER_MINUTE },
    async ({ session, body, audit }) => {
      await signIn.changePassword(session, body, audit)
      return { ok: true as const }
    },
  )
}

function addActingRoutes(app: HubApp, signIn: SignInService): void {
  route(
    app,
    'POST /api/auth/act-as',
    { permission: 'users.actAs', ownWord: true },
    async ({ hub, session, body, audit }) =>
      signIn.describe(await actAs(hub, app.sessions, session, body, audit)),
  )
  route(app, 'POST /api/auth/return', { permission: 'signedIn' }, async ({ hub, session, request }) => {
    const from = { ip: request.ip, requestId: request.id }
    return signIn.describe(await returnToSelf(hub, app.sessions, session, from))
  })
}

function addUserRoutes(app: HubApp): void {
  // Nobody gives rights to himself by way of another account
  const access = { permission: 'users.manage', ownWord: true } as const
  route(app, 'GET /api/users', access, async ({ hub, user, query }) => listUsers(hub, user, query))
  route(app, 'GET /api/users/:id', access, async ({ hub, user, params }) => getUser(hub, user, params.id))
  route(app, 'POST /api/users', access, async ({ hub, user, body, audit }) =>
    createUser(hub, user, body, audit),
  )
  route(app, 'PATCH /api/users/:id', access, async ({ hub, user, params, body, audit }) =>
    changeUser(hub, user, app.sessions, params.id, body, audit),
  )
}

function cleanSessions(app: HubApp): void {
  const clean = () =>
    app.sessions
      .removeExpired()
      .catch((error: unknown) => app.log.warn({ err: error }, 'old sessions stay for now'))
  const timer = setInterval(() => void clean(), SESSION_CLEANING_MS)
  timer.unref()
  app.addHook('onClose', async () => clearInterval(timer))
}

function visitorOf(request: FastifyRequest): Visitor {
  return { ip: request.ip, userAgent: request.headers['user-agent'] ?? null, requestId: request.id }
}

import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import { randomUUID } from 'node:crypto'
import { addApiKeys, readApiKey } from '../api-keys/key-access.ts'
import { sessionLifetimeMs } from '../auth/session-settings.ts'
import { Sessions } from '../auth/sessions.ts'
import type { Hub, HubApp, HubModule } from '../module.ts'
import { addResourceRoutes } from '../resource/routes.ts'
import type { Resource } from '../resource/resource.ts'
import { answerError } from './error-handler.ts'
import { addHealth } from './health.routes.ts'
import { addLiveRoute } from './live.routes.ts'
import { addMetrics } from './metrics.ts'
import { addOpenApi } from './openapi.ts'
import { addAddressLimit, addSpeakerLimit } from './rate-limits.ts'
import { readSessionCookie } from './session-cookie.ts'
import { addUi } from './ui-files.ts'
import { validatorCompiler } from './validation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly sessions: Sessions
    /** Kinds of records of the modules that run, in their order. */
    readonly resources: readonly Resource[]
  }
}

/** The HTTP server with everything but a port. */
export async function buildApp(hub: Hub, modules: readonly HubModule[]): Promise<HubApp> {
  const loggerInstance: FastifyBaseLogger = hub.log.child({ module: 'http' })
  const app: HubApp = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: (_address, hop) => hop < hub.config.trustProxy,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
  })
  app.decorate('hub', hub)
  app.decorate('routeAccess', [])
  app.decorate('madeRoutes', [])
  app.decorate('doors', new Map())
  app.decorate(
    'resources',
    modules.flatMap(({ resources }) => resources ?? []),
  )
  app.decorate('sessions', new Sessions(hub.db, hub.clock, () => sessionLifetimeMs(hub.settings)))
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(answerError)
  app.addContentTypeParser(['text/csv', 'text/plain'], { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )
  await addDefences(app)
  await addSessions(app)
  await addOpenApi(app)
  addMetrics(app)
  addHealth(app)
  addLiveRoute(app)
  for (const resource of app.resources) addResourceRoutes(app, resource)
  for (const module of modules) module.routes?.(app)
  await addUi(app)
  await app.ready()
  return app
}

async function addDefences(app: HubApp): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // SvelteKit puts its starting script into the page; its hash is added where the page is served
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Only a hub that is reached by https may tell browsers to insist on it
    strictTransportSecurity: app.hub.config.publicUrl?.startsWith('https:') ?? false,
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
  })
  await addAddressLimit(app)
}

async function addSessions(app: HubApp): Promise<void> {
  await app.register(cookie)
  addApiKeys(app)
  app.decorateRequest('session', null)
  app.addHook('onRequest', async (request) => {
    if (!request.url.startsWith('/api/')) return
    // Who shows a key speaks as the key, whatever cookies come along
    if (await readApiKey(request)) return
    const secret = readSessionCookie(request)
    if (secret) request.session = await app.sessions.find(secret)
  })
  addSpeakerLimit(app)
}

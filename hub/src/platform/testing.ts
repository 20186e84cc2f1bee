/**
 * A whole hub for tests: a real PostgreSQL database of its own with all migrations, real broker and jobs on free
 * ports. Slow things are only turned off where durability is not what is tested (fsync).
 */
import { randomInt, randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import {
  AppError,
  type ErrorBody,
  type RouteBody,
  type RouteKey,
  type RouteParams,
  type RouteQuery,
  type RouteResponse,
} from '@courtyard/protocols/contract'
import type { BuiltinRole } from './auth/builtin-roles.ts'
import type { Records } from './auth/grant.ts'
import { usePasswordCost } from './auth/password.ts'
import type { Clock } from './clock.ts'
import { readConfig } from './config.ts'
import { startHub, type RunningHub } from './hub.ts'
import type { Hub, HubApp, HubModule } from './module.ts'
import { KEEPER_VARIABLE, leaseDatabase, type DatabaseLease } from './testing-lease.ts'
import { modules as allModules } from '../modules/index.ts'

export interface TestHubOptions {
  /** Default: all. */
  readonly modules?: readonly HubModule[]
  readonly clock?: Clock
  /** Default: errors only, to standard output. */
  readonly log?: Logger
  /** More environment variables. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface CallInput<K extends RouteKey> {
  readonly params?: RouteParams<K>
  readonly query?: RouteQuery<K>
  /** For CSV routes the text of the file. */
  readonly body?: RouteBody<K> | string
  readonly headers?: Readonly<Record<string, string>>
}

export interface TestClient {
  readonly userId: string
  /** @throws AppError with the answer's code; `details` hold `status`, `issues` and what the hub said */
  call<K extends RouteKey>(key: K, input?: CallInput<K>): Promise<RouteResponse<K>>
  /** The answer as it is, good or bad. */
  raw<K extends RouteKey>(
    key: K,
    input?: CallInput<K>,
  ): Promise<{ status: number; body: unknown; headers: object }>
  /** To put into requests made by hand. */
  readonly headers: Readonly<Record<string, string>>
}

export interface NarrowedScope {
  readonly buildingIds?: readonly string[]
  readonly records?: Records
  readonly departmentId?: string
}

export interface TestHub {
  readonly hub: Hub
  readonly app: HubApp
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly folder: string
  /** Null unless the environment has HTTPS_PORT. */
  readonly httpsPort: number | null
  /**
   * A new user with the role (a built-in one, or the code of another), signed in; without `projectIds` for all projects,
   * unless `narrowed` names buildings.
   */
  as(
    role: BuiltinRole | (string & {}),
    projectIds?: readonly string[],
    narrowed?: NarrowedScope,
  ): Promise<TestClient>
  /** Somebody without a session. */
  readonly anonymous: TestClient
  stop(): Promise<void>
}

/** Headers of a caller with an address of its own, so that limits per address are not met; needs TRUST_PROXY=1. */
export function fromSomewhere(): Record<string, string> {
  return { 'x-forwarded-for': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}` }
}

/** password.test.ts holds what the product takes. */
const quickPasswords = { memory: 64, passes: 1, parallelism: 1 }

/** Settings that make a throw-away database quick; for a hub outside a test run, which has a server of its own. */
const quick = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

export async function startTestHub(options: TestHubOptions = {}): Promise<TestHub> {
  const folder = mkdtempSync(join(tmpdir(), 'courtyard-hub-'))
  // The server runs as another user when we are root
  chmodSync(folder, 0o755)
  const { config, issues } = readConfig({
    PORT: '0',
    MQTT_PORT: '0',
    MQTT_TLS_PORT: '0',
    HOST: '127.0.0.1',
    COURTYARD_DATA: folder,
    LOG_LEVEL: 'error',
    ...options.environment,
  })
  if (!config) throw new Error(`test configuration: ${JSON.stringify(issues)}`)
  usePasswordCost(quickPasswords)
  const keeper = process.env[KEEPER_VARIABLE]
  const lease = keeper && !config.databaseUrl ? await leaseDatabase(keeper) : null
  try {
    const running = await startHub({
      config: lease ? { ...config, databaseUrl: lease.url } : config,
      log: options.log ?? pino({ level: config.logLevel }),
      modules: options.modules ?? allModules,
      databaseSettings: quick,
      ...(options.clock ? { clock: options.clock } : {}),
    })
    return new RunningTestHub(running, folder, lease)
  } catch (error) {
    lease?.release()
    usePasswordCost()
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

class RunningTestHub implements TestHub {
  readonly hub: Hub
  readonly app: HubApp
  readonly folder: string
  readonly anonymous: TestClient
  private readonly running: RunningHub
  private readonly lease: DatabaseLease | null

  constructor(running: RunningHub, folder: string, lease: DatabaseLease | null) {
    if (!running.app) throw new Error('a test hub needs the role api')
    this.running = running
    this.lease = lease
    this.hub = running.hub
    this.app = running.app
    this.folder = folder
    this.anonymous = clientOf(this.app, '', {})
  }

  get httpsPort(): number | null {
    return this.running.httpsPort
  }

  get url(): string {
    const address = this.app.server.address()
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  }

  async as(
    role: string,
    projectIds?: readonly string[],
    { buildingIds = [], records = 'all', departmentId }: NarrowedScope = {},
  ): Promise<TestClient> {
    const allProjects = projectIds === undefined && buildingIds.length === 0
    const user = await this.hub.db.prisma.user.create({
      data: {
        username: `${role.toLowerCase()}-${randomUUID().slice(0, 8)}`,
        displayName: role,
        ...(departmentId ? { department: { connect: { id: departmentId } } } : {}),
        assignments: {
          create: {
            role: { connect: { code: role } },
            allProjects,
            projectIds: [...(projectIds ?? [])],
            buildingIds: [...buildingIds],
            records,
          },
        },
        // Nobody signs in with it: the session below is made directly
        passwordHash: '-',
      },
    })
    const session = await this.app.sessions.begin(user.id, { ip: null, userAgent: null })
    return clientOf(this.app, user.id, {
      // Which of them counts depends on PUBLIC_URL
      cookie: `courtyard=${session.secret}; __Host-courtyard=${session.secret}`,
      'x-csrf-token': session.csrfToken,
    })
  }

  async stop(): Promise<void> {
    await this.running.stop()
    this.lease?.release()
    usePasswordCost()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function clientOf(app: HubApp, userId: string, headers: Record<string, string>): TestClient {
  const raw: TestClient['raw'] = async (key, input = {}) => {
    const [method, path] = key.split(' ') as ['GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', string]
    const text = typeof input.body === 'string'
    const answer = await app.inject({
      method,
      url: fillPath(path, input.params as Record<string, unknown> | undefined),
      query: textValues(input.query as Record<string, unknown> | undefined),
      headers: { ...headers, ...(text ? { 'content-type': 'text/csv' } : {}), ...input.headers },
      ...(input.body === undefined ? {} : { payload: input.body as string | object }),
    })
    const isJson = String(answer.headers['content-type'] ?? '').includes('json')
    return { status: answer.statusCode, body: isJson ? answer.json() : answer.body, headers: answer.headers }
  }
  const call: TestClient['call'] = async (key, input) => {
    const answer = await raw(key, input)
    if (answer.status < 300) return answer.body as never
    const { error } = answer.body as ErrorBody
    throw new AppError(error.code, error.message, {
      details: { ...error.details, status: answer.status, ...(error.issues ? { issues: error.issues } : {}) },
    })
  }
  return { userId, call, raw, headers }
}

function fillPath(path: string, params: Record<string, unknown> = {}): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
}

function textValues(query: Record<string, unknown> = {}): Record<string, string> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}

import type { AddressInfo } from 'node:net'
import { mkdir } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { EmbeddedBroker } from './broker/embedded-broker.ts'
import { ExternalBroker } from './broker/external-broker.ts'
import { systemClock, type Clock } from './clock.ts'
import type { HubConfig } from './config.ts'
import { openDatabase, type Database } from './database/database.ts'
import { buildApp } from './http/app.ts'
import { PgBossJobs } from './jobs/pg-boss-jobs.ts'
import { NotifyLiveBus } from './live/notify-live-bus.ts'
import './reasons/platform-reasons.ts'
import type { Hub, HubApp, HubModule, Stop } from './module.ts'

export interface HubOptions {
  readonly config: HubConfig
  readonly log: Logger
  readonly modules: readonly HubModule[]
  readonly clock?: Clock
  /** Extra settings of the embedded server; tests make it faster with them. */
  readonly databaseSettings?: Readonly<Record<string, string>>
}

export interface RunningHub {
  readonly hub: Hub
  /** Null when the process has not the role `api`. */
  readonly app: HubApp | null
  stop(): Promise<void>
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Starts the hub: database, jobs, modules, broker, HTTP, in this order; a failure stops what had begun. */
export async function startHub(options: HubOptions): Promise<RunningHub> {
  const { config, log } = options
  const stops: Stop[] = []
  const stop = async () => {
    for (const one of stops.splice(0).reverse())
      await one().catch((error: unknown) => log.error({ err: error }, 'stopping'))
  }
  try {
    await mkdir(config.dataFolder, { recursive: true })
    const db = await openDatabase({
      url: config.databaseUrl ?? undefined,
      folder: join(config.dataFolder, 'postgres'),
      log: log.child({ module: 'database' }),
      poolSize: config.databasePool,
      ...(options.databaseSettings ? { settings: options.databaseSettings } : {}),
    })
    stops.push(() => db.close())
    const services = await startServices(config, db, log, stops)
    let listeningPort = config.port
    const hub: Hub = {
      config,
      version,
      log,
      clock: options.clock ?? systemClock,
      db,
      ...services,
      roles: config.roles,
      get publicUrl() {
        return config.publicUrl ?? `http://localhost:${listeningPort}`
      },
    }
    const app = config.roles.has('api') ? await buildApp(hub, options.modules) : null
    await startModules(hub, options.modules, stops)
    // Last: a gateway that is let in finds somebody who takes its messages
    if (services.broker instanceof EmbeddedBroker) await services.broker.start()
    if (app) {
      await app.listen({ port: config.port, host: config.host })
      listeningPort = (app.server.address() as AddressInfo).port
      stops.push(() => closeHttp(app))
    }
    return { hub, app, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** New connections are refused; requests under way have a second, then they are cut. */
async function closeHttp(app: HubApp): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), 1_000)
  await app.close()
  clearTimeout(cut)
}

async function startServices(config: HubConfig, db: Database, log: Logger, stops: Stop[]) {
  const live = new NotifyLiveBus(db.url, db.pool, log.child({ module: 'live' }))
  await live.start()
  stops.push(() => live.stop())
  const jobs = new PgBossJobs(db.url, log.child({ module: 'jobs' }), config.roles.has('worker'))
  await jobs.start()
  stops.push(() => jobs.stop())
  const broker = makeBroker(config, log.child({ module: 'broker' }))
  stops.push(() => broker.stop())
  return { live, jobs, broker }
}

function makeBroker(config: HubConfig, log: Logger): EmbeddedBroker | ExternalBroker {
  const { url, publicUrl, host, port } = config.mqtt
  return url
    ? new ExternalBroker({ url, publicUrl, log })
    : new EmbeddedBroker({ host, port, publicUrl, log })
}

async function startModules(hub: Hub, modules: readonly HubModule[], stops: Stop[]): Promise<void> {
  for (const module of modules) {
    const stop = await module.start?.(hub)
    if (stop) stops.push(stop)
  }
}

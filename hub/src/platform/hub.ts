import type { AddressInfo } from 'node:net'
import { mkdir } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { seedRoles } from './auth/role-seeds.ts'
import { EmbeddedBroker } from './broker/embedded-broker.ts'
import { ExternalBroker } from './broker/external-broker.ts'
import { systemClock, type Clock } from './clock.ts'
import type { HubConfig } from './config.ts'
import { openDatabase, type Database } from './database/database.ts'
import { openFiles } from './files/files.ts'
import { buildApp } from './http/app.ts'
import { listenHttps } from './http/https-listener.ts'
import { PgBossJobs } from './jobs/pg-boss-jobs.ts'
import { NotifyLiveBus } from './live/notify-live-bus.ts'
import './reasons/platform-reasons.ts'
import type { Hub, HubApp, HubModule, Stop } from './module.ts'
import { Exporter } from './resource/export/exporter.ts'
import { startSecurity, type Security } from './security/security.ts'
import { Settings } from './settings/index.ts'

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
  /** Null without HTTPS_PORT. */
  readonly httpsPort: number | null
  stop(): Promise<void>
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Starts the hub: database, keys and certificates, jobs, modules, broker, HTTP, in this order; a failure stops what had begun. */
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
    await seedRoles(db)
    const clock = options.clock ?? systemClock
    const security = await startSecurity({ config, db, clock, log: log.child({ module: 'security' }) })
    stops.push(() => security.stop())
    const services = await startServices(config, db, security, log, stops)
    const settings = new Settings({
      ...{ config, db, clock, live: services.live },
      box: security.box,
      log: log.child({ module: 'settings' }),
    })
    stops.push(async () => settings.stop())
    const files = await openFiles({
      dataFolder: config.dataFolder,
      filesS3: config.filesS3,
      db,
      clock,
      log: log.child({ module: 'files' }),
    })
    const exporter = new Exporter({
      db,
      folder: join(config.dataFolder, 'exports'),
      log: log.child({ module: 'exports' }),
    })
    stops.push(() => exporter.stop())
    let listeningPort = config.port
    const hub: Hub = {
      config,
      version,
      log,
      clock,
      db,
      security,
      files,
      exporter,
      settings,
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
    const httpsPort = app ? await listenHttp(app, hub, (port) => (listeningPort = port), stops) : null
    return { hub, app, httpsPort, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @returns the port of https, when it is wanted */
async function listenHttp(
  app: HubApp,
  { config, security }: Hub,
  told: (port: number) => void,
  stops: Stop[],
): Promise<number | null> {
  await app.listen({ port: config.port, host: config.host })
  told((app.server.address() as AddressInfo).port)
  stops.push(() => closeHttp(app))
  const { https } = config
  if (https.port === null) return null
  const listener = await listenHttps(app, security, { ...https, port: https.port })
  // Before the interface itself is closed
  stops.push(listener.stop)
  return listener.port
}

/** New connections are refused; requests under way have a second, then they are cut. */
async function closeHttp(app: HubApp): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), 1_000)
  await app.close()
  clearTimeout(cut)
}

async function startServices(
  config: HubConfig,
  db: Database,
  security: Security,
  log: Logger,
  stops: Stop[],
) {
  const live = new NotifyLiveBus(db.url, db.pool, log.child({ module: 'live' }))
  await live.start()
  stops.push(() => live.stop())
  const jobs = new PgBossJobs(db.url, log.child({ module: 'jobs' }), config.roles.has('worker'))
  await jobs.start()
  stops.push(() => jobs.stop())
  const broker = await makeBroker(config, security, log.child({ module: 'broker' }))
  stops.push(() => broker.stop())
  return { live, jobs, broker }
}

async function makeBroker(
  config: HubConfig,
  security: Security,
  log: Logger,
): Promise<EmbeddedBroker | ExternalBroker> {
  const { url, publicUrl, tls, host, port, messagesPerSecond } = config.mqtt
  if (url) {
    const material = url.startsWith('mqtts:') ? await security.client() : null
    const broker = new ExternalBroker({ url, publicUrl, tlsPublicUrl: tls.publicUrl, tls: material, log })
    if (material) security.onRenewal(async () => broker.renewTls(await security.client()))
    return broker
  }
  const broker = new EmbeddedBroker({
    plain: port === null ? null : { host, port },
    tls:
      tls.port === null
        ? null
        : { ...tls, port: tls.port, names: security.names, material: () => security.listener() },
    publicUrl,
    messagesPerSecond,
    log,
  })
  security.onRenewal(() => broker.renewTls())
  return broker
}

async function startModules(hub: Hub, modules: readonly HubModule[], stops: Stop[]): Promise<void> {
  for (const module of modules) {
    const stop = await module.start?.(hub)
    if (stop) stops.push(stop)
  }
}
